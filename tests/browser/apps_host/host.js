// A host of MCP Apps: the AppBridge of @modelcontextprotocol/ext-apps, with a client of the server behind it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AppBridge, PostMessageTransport, buildAllowAttribute, getToolUiResourceUri } from "@modelcontextprotocol/ext-apps/app-bridge";

const MIME_TYPE = "text/html;profile=mcp-app";
const EXTENSIONS = { "io.modelcontextprotocol/ui": { mimeTypes: [MIME_TYPE] } };
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; form-action 'none'";

let client, bridge, frame;
const seen = [];

// Connects to the server with a token, and returns what it says of apps.
async function connect(url, token) {
  client = new Client({ name: "Host of apps", version: "1" }, { capabilities: { extensions: EXTENSIONS } });
  const headers = { Authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client.getServerCapabilities().extensions;
}

async function listed() {
  return (await client.listTools()).tools;
}

// Calls a tool and shows its app, with this context of the host.
async function open(name, args, hostContext) {
  const tool = (await listed()).find(each => each.name === name);
  const { contents: [page] } = await client.readResource({ uri: getToolUiResourceUri(tool) });
  if (page.mimeType !== MIME_TYPE) throw new Error(page.mimeType);
  const capabilities = { openLinks: {}, serverTools: {}, updateModelContext: { text: {} }, message: { text: {} } };
  seen.length = 0;
  bridge = new AppBridge(client, { name: "Host of apps", version: "1" }, capabilities, {
    hostContext: { toolInfo: { tool }, platform: "web", locale: "en-GB", timeZone: "UTC", ...hostContext },
  });
  const kept = (method, result = {}) => async params => { seen.push({ method, params }); return result; };
  bridge.onopenlink = kept("open-link");
  bridge.onmessage = kept("message");
  bridge.onupdatemodelcontext = kept("update-model-context");
  bridge.onrequestdisplaymode = kept("request-display-mode", { mode: "fullscreen" });
  bridge.addEventListener("sizechange", ({ height }) => {
    seen.push({ method: "size-changed", params: { height } });
    frame.style.height = `${height}px`;
  });
  const initialized = new Promise(resolve => bridge.addEventListener("initialized", resolve));
  document.documentElement.dataset.theme = hostContext.theme;
  frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.allow = buildAllowAttribute(page._meta?.ui?.permissions);
  document.body.replaceChildren(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">${page.text}`;
  await initialized;
  await bridge.sendToolInput({ arguments: args });
  await bridge.sendToolResult(await client.callTool({ name, arguments: args }));
  return bridge.getAppVersion();
}

async function change(hostContext) {
  document.documentElement.dataset.theme = hostContext.theme;
  bridge.setHostContext(hostContext);
}

// Ends the app as hosts do: it answers, and then its frame goes.
async function close() {
  const answer = await bridge.teardownResource({});
  frame.remove();
  await bridge.close();
  return answer;
}

window.host = {
  change, close, connect, listed, open, seen,
  call: params => client.callTool(params),
  send: notification => bridge.notification(notification),
  cancel: reason => bridge.sendToolCancelled({ reason }),
};

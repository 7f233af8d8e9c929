// The page of a tool as a host of its app (SEP-1865): the app is in a frame without an origin, and speaks by messages.
const frame = document.getElementById("app"), notes = document.getElementById("app-notes");
const { says, tells, opens, logs } = frame.dataset;
const { tool, arguments: input, result } = JSON.parse(document.getElementById("app-data").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const MOST_HEIGHT = 2000, VERSION = "2026-01-26";

const post = message => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
const theme = () => dark.matches ? "dark" : "light";

// Says what the app did. The text is the app's, and is never markup.
function note(text, url) {
  const line = document.createElement("p");
  line.className = "notification";
  line.textContent = text;
  if (url) {
    const link = document.createElement("a");
    Object.assign(link, { href: url, textContent: url, target: "_blank", rel: "noopener noreferrer" });
    line.append(" ", link);
  }
  notes.append(line);
  while (notes.childElementCount > 20) notes.firstElementChild.remove();
}

const textOf = content => (Array.isArray(content) ? content : []).map(each => each?.text ?? each?.type).join("\n");

const requests = {
  "ui/initialize": () => ({
    protocolVersion: VERSION,
    hostInfo: { name: "Tools page", version: "1" },
    hostCapabilities: { openLinks: {}, serverTools: {}, logging: {}, message: { text: {} }, updateModelContext: { text: {} } },
    hostContext: {
      toolInfo: { tool },
      theme: theme(),
      displayMode: "inline",
      availableDisplayModes: ["inline"],
      containerDimensions: { width: frame.clientWidth, maxHeight: MOST_HEIGHT },
      locale: navigator.language,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      platform: "web",
    },
  }),
  "ping": () => ({}),
  "ui/request-display-mode": () => ({ mode: "inline" }),
  "ui/message": ({ content }) => { note(`${says} ${textOf(content)}`); return {}; },
  "ui/update-model-context": ({ content }) => { note(`${tells} ${textOf(content)}`); return {}; },
  "ui/open-link": ({ url }) => {
    if (!/^(https?|mailto):/i.test(url)) throw new Error("This address cannot be opened.");
    note(opens, url);
    return {};
  },
  "tools/call": async ({ name, arguments: args = {} }) => {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(frame.dataset.calls + encodeURIComponent(name), {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(args),
    });
    const said = await answer.json();
    if (said.error) throw new Error(said.error);
    return said.result;
  },
};

const notifications = {
  "ui/notifications/initialized": () => {
    post({ method: "ui/notifications/tool-input", params: { arguments: input } });
    post({ method: "ui/notifications/tool-result", params: result });
  },
  "ui/notifications/size-changed": ({ height }) => {
    const borders = frame.offsetHeight - frame.clientHeight;
    if (height > 0) frame.style.height = `${Math.min(height, MOST_HEIGHT) + borders}px`;
  },
  "notifications/message": ({ data }) => note(`${logs} ${typeof data === "string" ? data : JSON.stringify(data)}`),
};

addEventListener("message", async ({ source, data: message }) => {
  if (source !== frame.contentWindow || message?.jsonrpc !== "2.0" || typeof message.method !== "string") return;
  const { id, method, params = {} } = message;
  if (id === undefined) {
    if (Object.hasOwn(notifications, method)) notifications[method](params);
  } else if (!Object.hasOwn(requests, method)) {
    post({ id, error: { code: -32601, message: `Method not found: ${method}` } });
  } else {
    try {
      post({ id, result: await requests[method](params) });
    } catch (error) {
      post({ id, error: { code: -32000, message: error.message } });
    }
  }
});
dark.addEventListener("change", () => post({ method: "ui/notifications/host-context-changed", params: { theme: theme() } }));
// Only now is somebody there to answer it.
frame.src = frame.dataset.src;

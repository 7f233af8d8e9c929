// @modelcontextprotocol/client 2.x with a key: its provider has dpop(), and the SDK does the rest.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { bindToKey } from "./dpop-provider.mjs";
import { drive } from "./drive.mjs";

const { dpop } = await bindToKey({});
const noted = { schemes: [], demands: [] };

// The SDK's own requests, of which the schemes are noted, and the paths that demanded another nonce.
async function noting(url, init) {
  const sent = new Headers(init?.headers).get("authorization");
  if (sent) noted.schemes.push(sent.split(" ")[0]);
  const response = await fetch(url, init);
  if ([400, 401].includes(response.status) && (await response.clone().text()).includes("use_dpop_nonce"))
    noted.demands.push(new URL(url).pathname);
  return response;
}

await drive({
  connect: ({ url, name, memory, mode }) => {
    memory.dpop = dpop;
    return {
      client: new Client({ name, version: "1" }, { versionNegotiation: { mode } }),
      transport: new StreamableHTTPClientTransport(url, { authProvider: memory, fetch: noting }),
    };
  },
  finish: (transport, parameters) => transport.finishAuth(parameters),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  more: () => ({ noted: () => ({ ...noted, thumbprint: dpop().thumbprint }) }),
});

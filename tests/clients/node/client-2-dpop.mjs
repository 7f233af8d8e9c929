// @modelcontextprotocol/client 2.x with a key: its provider has dpop(), and the SDK does the rest.

import { Client, DpopSession, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { drive } from "./drive.mjs";

const session = await DpopSession.create();
const noted = { schemes: [], retries: 0 };

// The SDK's own requests, of which the schemes are noted.
async function noting(url, init) {
  const sent = new Headers(init?.headers).get("authorization");
  if (sent) noted.schemes.push(sent.split(" ")[0]);
  const response = await fetch(url, init);
  if ([400, 401].includes(response.status) && response.headers.has("dpop-nonce")) noted.retries += 1;
  return response;
}

await drive({
  connect: ({ url, name, memory, mode }) => {
    memory.dpop = () => session;
    return {
      client: new Client({ name, version: "1" }, { versionNegotiation: { mode } }),
      transport: new StreamableHTTPClientTransport(url, { authProvider: memory, fetch: noting }),
    };
  },
  finish: (transport, parameters) => transport.finishAuth(parameters),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  more: () => ({ noted: () => ({ ...noted, thumbprint: session.thumbprint }) }),
});

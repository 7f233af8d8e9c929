// @modelcontextprotocol/client 2.x: checks the issuer of the answer by itself, and knows both eras.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { drive } from "./drive.mjs";

await drive({
  connect: ({ url, name, memory, mode, capabilities }) => ({
    client: new Client({ name, version: "1" }, { versionNegotiation: { mode }, capabilities }),
    transport: new StreamableHTTPClientTransport(url, { authProvider: memory }),
  }),
  finish: (transport, parameters) => transport.finishAuth(parameters),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
});

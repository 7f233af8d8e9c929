// @modelcontextprotocol/sdk 1.x: takes the bare code, and opens a GET stream after its handshake.

import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { drive } from "./drive.mjs";

await drive({
  connect: ({ url, name, memory }) => ({
    client: new Client({ name, version: "1" }),
    transport: new StreamableHTTPClientTransport(url, { authProvider: memory }),
  }),
  finish: (transport, parameters) => transport.finishAuth(parameters.get("code")),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
});

// The client of client-2-dpop.mjs in the scenarios of the official conformance harness, whose server approves at once.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { bindToKey } from "./dpop-provider.mjs";
import { Memory } from "./drive.mjs";

const memory = await bindToKey(new Memory({ name: "Conformance", isPublic: true }));
const connect = async () => {
  const client = new Client({ name: "Conformance", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]), { authProvider: memory });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const approved = await fetch(memory.authorizationUrl, { redirect: "manual" });
    await transport.finishAuth(new URL(approved.headers.get("location")).searchParams);
    return connect();
  }
  return client;
};

const client = await connect();
await client.listTools();
await client.close();
process.exit(0);

// @modelcontextprotocol/ext-tasks: runs tools as tasks for a program that has a client of the TypeScript SDK 2.
//
// The SDK refuses results that are tasks, so the package asks the program to send its requests for it.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { createTaskSessionFromClient, resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { drive } from "./drive.mjs";

const PROTOCOL_VERSION = "2026-07-28";
const CAPABILITIES = { elicitation: { form: {} }, extensions: { "io.modelcontextprotocol/tasks": {} } };

/** Return a function that sends a request by the program's own HTTP, and returns the response as the package wants it. */
const dispatcher = (url, memory) => async (request) => {
  const { method, params } = request;
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${memory.tokens().access_token}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      "mcp-protocol-version": PROTOCOL_VERSION,
      "mcp-method": method,
      "mcp-name": params.name ?? params.taskId,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: crypto.randomUUID(), ...request }),
  });
  const { result, error } = await response.json();
  return error ? { kind: "error", error } : { kind: "result", result };
};

await drive({
  connect: ({ url, name, memory }) => ({
    client: new Client({ name, version: "1" }, { versionNegotiation: { mode: "auto" }, capabilities: CAPABILITIES }),
    transport: new StreamableHTTPClientTransport(url, { authProvider: memory }),
  }),
  finish: (transport, parameters) => transport.finishAuth(parameters),
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  more: ({ client, url, memory, name }) => ({
    /** Call a tool; return its result and each state of its task. `stopAfter` states, the task is cancelled. */
    task: async ({ tool, args, answer, stopAfter }) => {
      const session = createTaskSessionFromClient(client, {
        endpointId: url.href,
        rawDispatch: dispatcher(url, memory),
        v2RequestFraming: {
          protocolVersion: PROTOCOL_VERSION,
          clientInfo: { name, version: "1" },
          clientCapabilities: CAPABILITIES,
        },
        onInputRequest: async () => answer,
      });
      const states = [];
      const execution = await session.callTool(tool, args);
      const note = async ({ task }) => {
        if (task) states.push(task.status);
        if (states.length === stopAfter) await execution.cancel();
      };
      const { outcome } = await execution.settle({ onEvent: note });
      await session.close();
      const result = outcome.status === "completed" ? resultFromTaskOutcome(outcome) : null;
      return { kind: execution.kind, status: outcome.status, states, result };
    },
  }),
});

// What the drivers of both TypeScript SDKs share: a program's memory, and a conversation in JSON lines.
//
// On stdin comes what to do; on stdout goes what came of it. When the SDK wants a person, the line
// {"open": <authorization URL>} goes out, and {"returned": <where the browser was sent>} comes back.

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

// A driver whose test died must not outlive it for long.
setTimeout(() => process.exit(3), 120_000).unref();

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
// A schema (https://standardschema.dev) that any value fits.
const anything = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
const hear = async () => JSON.parse((await lines.next()).value ?? '{"do": "stop"}');

/** The SDKs' OAuthClientProvider, kept in memory: each save is what an app would write to its disk. */
export class Memory {
  redirectUrl = "http://localhost:3030/callback";

  constructor({ name, isPublic }) {
    this.clientMetadata = {
      client_name: name,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      ...(isPublic && { token_endpoint_auth_method: "none" }),
    };
  }

  state = () => (this.sent = randomUUID());
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  discoveryState = () => this.discovered;
  saveDiscoveryState = (discovered) => void (this.discovered = discovered);
  redirectToAuthorization = (url) => void (this.authorizationUrl = url);

  invalidateCredentials(what) {
    if (what === "all" || what === "client") this.client = undefined;
    if (what === "all" || what === "tokens") this.saved = undefined;
    if (what === "all" || what === "discovery") this.discovered = undefined;
  }
}

/**
 * Obey the test until it stops.
 *
 * `connect(memory)` returns a connected { client, transport }, or throws { unauthorized: true, transport };
 * `finish(transport, parameters)` hands the transport what the browser brought back. `more({ client, … })` returns what
 * else the program does.
 */
export async function drive({ connect, finish, isUnauthorized, more = () => ({}) }) {
  const [url, name, ...flags] = process.argv.slice(2);
  const memory = new Memory({ name, isPublic: flags.includes("public") });
  // Version 1 discovers everything anew before each refresh where its provider does not remember it, as most do not.
  if (flags.includes("forgetful")) memory.discoveryState = memory.saveDiscoveryState = undefined;
  const connection = { url: new URL(url), name, memory, mode: flags.includes("auto") ? "auto" : "legacy" };
  if (flags.includes("tasks"))
    connection.capabilities = { elicitation: {}, extensions: { "io.modelcontextprotocol/tasks": {} } };
  let client, transport;

  async function signedIn(attempt) {
    try {
      return await attempt();
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      say({ open: memory.authorizationUrl });
      const { searchParams } = new URL((await hear()).returned);
      if (searchParams.get("state") !== memory.sent) throw new Error("The state came back changed.");
      await finish(transport, searchParams);
      return attempt();
    }
  }

  const deeds = {
    connect: () =>
      signedIn(async () => {
        let version;
        ({ client, transport } = connect(connection));
        // Version 1 tells the negotiated version to nobody but its transport.
        const tell = transport.setProtocolVersion.bind(transport);
        transport.setProtocolVersion = (told) => tell((version = told));
        await client.connect(transport);
        return client.getNegotiatedProtocolVersion?.() ?? version;
      }),
    tools: async () => (await signedIn(() => client.listTools())).tools,
    call: ({ tool, args, times = 1 }) => {
      const call = () => client.callTool({ name: tool, arguments: args });
      return signedIn(async () => {
        const calls = await Promise.allSettled(Array.from({ length: times }, call));
        for (const { reason } of calls) if (reason) throw reason;
        return calls.map(({ value }) => value);
      });
    },
    request: ({ method, params }) => signedIn(() => client.request({ method, params }, anything)),
    memory: () => ({ client: memory.client, tokens: memory.saved }),
  };

  for (let line = await hear(); line.do !== "stop"; line = await hear()) {
    try {
      say({ result: await { ...deeds, ...more({ ...connection, client }) }[line.do](line) });
    } catch (error) {
      say({ error: error.stack ?? String(error) });
    }
  }
  await client?.close();
  process.exit(0);
}

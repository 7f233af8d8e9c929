// Programs without a person: each SDK's providers of client credentials, unchanged. Prints what the tool returned.

import * as v2 from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as v1 from "@modelcontextprotocol/sdk/client/auth-extensions.js";

const [sdk, url, issuer, clientId, secret, privateKey] = process.argv.slice(2);
const providers = sdk === "2" ? v2 : v1;
const authProvider = secret
  ? new providers.ClientCredentialsProvider({ clientId, clientSecret: secret, expectedIssuer: issuer })
  : new providers.PrivateKeyJwtProvider({ clientId, privateKey, algorithm: "ES256", expectedIssuer: issuer });
const transports = { 1: StreamableHTTPClientTransport, 2: v2.StreamableHTTPClientTransport };
const clients = { 1: Client, 2: v2.Client };
const client = new clients[sdk]({ name: "A machine", version: "1" });
await client.connect(new transports[sdk](new URL(url), { authProvider }));
const result = await client.callTool({ name: "get_user_info", arguments: {} });
process.stdout.write(result.content[0].text);
await client.close();
process.exit(0);

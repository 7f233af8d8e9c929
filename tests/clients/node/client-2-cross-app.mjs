// @modelcontextprotocol/client 2.x with an enterprise's identity provider: nobody opens a browser.

import { Client, CrossAppAccessProvider, StreamableHTTPClientTransport, discoverAndRequestJwtAuthGrant } from "@modelcontextprotocol/client";
import { drive } from "./drive.mjs";

const { idpUrl, idpClientId, idToken, clientId, clientSecret } = JSON.parse(process.env.CROSS_APP);

await drive({
  connect: ({ url, name, mode }) => {
    const provider = new CrossAppAccessProvider({
      clientId,
      clientSecret,
      expectedIssuer: new URL(url).origin,
      assertion: async ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) => {
        const issued = await discoverAndRequestJwtAuthGrant({
          idpUrl, idToken, scope, fetchFn,
          audience: authorizationServerUrl,
          resource: resourceUrl,
          clientId: idpClientId,
          clientSecret: "any",
        });
        return issued.jwtAuthGrant;
      },
    });
    return {
      client: new Client({ name, version: "1" }, { versionNegotiation: { mode } }),
      transport: new StreamableHTTPClientTransport(url, { authProvider: provider }),
    };
  },
  finish: () => { throw new Error("No browser is needed."); },
  isUnauthorized: () => false,
});

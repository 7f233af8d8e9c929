// openid-client, unchanged, as a program on a device without a browser (RFC 8628): registers, shows its code, waits.
import * as client from "openid-client";

const [issuer, resource] = process.argv.slice(2);
const metadata = {
  client_name: "Shell",
  grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
  response_types: [],
  token_endpoint_auth_method: "none",
};
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
const say = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

const config = await client.dynamicClientRegistration(new URL(issuer), metadata, client.None(), options);
const asked = await client.initiateDeviceAuthorization(config, { scope: "read", resource });
say(asked);
try {
  const tokens = await client.pollDeviceAuthorizationGrant(config, asked);
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  say({ tokens, renewed });
} catch (error) {
  say({ error: error.error ?? String(error) });
}

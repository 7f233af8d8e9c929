import { DpopSession } from "@modelcontextprotocol/client";

/** Give `provider`, an OAuthClientProvider, a key for its tokens. */
export async function bindToKey(provider) {
  const session = await DpopSession.create();
  return Object.assign(provider, { dpop: () => session });
}

"""JWTs that this server signs: its keys, access tokens, responses to introspection."""

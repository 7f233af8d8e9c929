"""OAuth endpoints: authorization, token, revocation and metadata."""

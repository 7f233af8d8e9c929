"""Token exchange (RFC 8693): a protected resource trades a token that it received for one of another resource."""

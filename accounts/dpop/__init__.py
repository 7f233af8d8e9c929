"""DPoP (RFC 9449): proofs of possession of a key, server nonces, and protection against replays."""

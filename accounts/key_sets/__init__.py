"""JSON Web Key Sets (RFC 7517) that are fetched, and the verification of JWTs by them."""

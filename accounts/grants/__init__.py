"""Grants: validation of token requests, and issuance and revocation of codes and tokens."""

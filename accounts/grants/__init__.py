"""Grants: validation of authorization and token requests, and issuance of codes and tokens."""

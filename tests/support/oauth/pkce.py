"""One PKCE pair (RFC 7636) for every authorization request of the tests."""

import base64
import hashlib

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

"""One pair for all codes (RFC 7636): it is checked all the same."""

import base64
import hashlib

REDIRECT_URI = "http://127.0.0.1/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

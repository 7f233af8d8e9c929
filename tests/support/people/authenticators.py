"""Authenticators of people, which Chromium simulates (WebAuthn)."""

from typing import Any

# A laptop's fingerprint reader or PIN.
DEVICE: dict[str, Any] = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

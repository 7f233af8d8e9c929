"""The keys of one client at its `jwks_uri`, and refusals of its assertions."""

import jwt
from django.core.cache import cache

from accounts.crypto.token_values import checksum
from tests.support.documents import DocumentServer
from tests.support.flows import Response
from tests.support.oauth.metadata_documents import CHATGPT_APP, STRANGER

JWKS_URI = str(CHATGPT_APP["jwks_uri"])

OTHER_KEY = {**jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "two"}


# The deadline of fetches that are expected to fail. Others have the usual deadline of tests.
SHORT_SECONDS = 1.0


def keys_asked(documents: DocumentServer) -> int:
    return documents.asked.count(JWKS_URI)


def is_unproven(response: Response, *words: str) -> bool:
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client"), response.content
    return all(word in response.json()["error_description"] for word in words)


def expire_copy() -> None:
    """Make the cached copy of the keys stale, so that they are fetched again."""
    name = f"accounts.client_keys.{checksum(JWKS_URI)}"
    cache.set(name, {**cache.get(name), "fresh_until": 0})

"""Another key set of a client, and the events of its changes."""

import jwt

from accounts.models import Event
from tests.support.oauth.metadata_documents import STRANGER

OTHER_KEYS = {"keys": [{**jwt.algorithms.RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True), "kid": "two"}]}


def events_of_change() -> list[str]:
    return list(Event.objects.filter(action="changed").values_list("detail", flat=True))

"""The client's access token, the messages of a reply, and values of headers."""

import base64
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import set_token_value

from accounts import scopes
from accounts.crypto.token_values import random_token
from accounts.http.address import RESOURCE_PATH, resource_at
from accounts.models import AccessToken, Authorization, Client, Consent
from accounts.user_model import User
from mcp_api.conf import conf

# The origin of Django's test client.
TEST_ORIGIN = "http://testserver"


def issue_token(user: User, client: Client, names: Iterable[str] | None, toolset: str = "") -> str:
    """Create an access token, as if `user` had approved `client` at the endpoint of `toolset`, or at /mcp."""
    scope = " ".join(scopes.names(of_resource_only=True) if names is None else names)
    consent = Consent.objects.create(user=user, client=client, scope=scope)
    identifier = resource_at((conf.PUBLIC_URL or TEST_ORIGIN) + RESOURCE_PATH, toolset)
    resource = identifier if toolset else ""
    authorization = Authorization.objects.create(consent=consent, scope=scope, resource=resource)
    token = AccessToken(
        user=user,
        application=client,
        authorization=authorization,
        scope=scope,
        resource=[identifier],
        expires=timezone.now() + timedelta(hours=1),
    )
    raw = random_token()
    set_token_value(token, raw)
    token.save()
    return raw


def messages_of(response: Any) -> list[dict[str, Any]]:
    """Return the messages of a stream, or the one of a JSON response."""
    if not response.streaming:
        return [response.json()]
    lines = b"".join(response.streaming_content).decode().split("\n")
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:") and line[5:].strip()]


def encoded(value: str) -> str:
    """Return a header value that may hold any string (spec: basic/transports/streamable-http, Value Encoding)."""
    return f"=?base64?{base64.b64encode(value.encode()).decode()}?="

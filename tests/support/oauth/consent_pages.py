"""Consent pages, and checks of the authorization endpoint's responses."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Client, Consent, Grant
from tests.support.flows import Response, returned

WEB = "https://app.example.com/callback"
ATTACKER = "https://attacker.test/cb"
WRITTEN = (Consent, Authorization, Grant, AccessToken)


def nothing_was_written() -> bool:
    return not any(model.objects.exists() for model in WRITTEN)


def is_page_for_person(response: Response, title: str) -> bool:
    return response.status_code == 400 and f"<h1>{title}</h1>" in response.text and "Location" not in response


def is_sign_in(response: Response) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == "/accounts/login/"


def is_asked(response: Response) -> bool:
    return response.status_code == 200 and 'value="approve"' in response.text


def shown_host(page: str) -> str:
    """The first host that a page shows in parts: on the consent page, the one that access goes to."""
    found = re.search(r'<bdi class="app-host">(.*?)</bdi>', page)
    assert found is not None
    return re.sub("<.*?>", "", found[1])


def is_answered(response: Response) -> bool:
    return response.status_code == 302 and "code" in returned(response)


def approve_in_admin(client: Client) -> None:
    Client.objects.filter(pk=client.pk).update(vouched_fingerprint=client.fingerprint)


def put(registered: dict[str, Any], **metadata: Any) -> Response:
    """Change a registration (RFC 7592 section 2.2)."""
    body = {"client_id": registered["client_id"], "client_name": "My Test App", "scope": "read write", **metadata}
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    path = f"/oauth/register/{registered['client_id']}"
    return Browser().put(path, body, content_type="application/json", headers=headers)

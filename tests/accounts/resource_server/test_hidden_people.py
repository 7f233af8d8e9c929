"""People whom the default manager of their model hides, such as those that a site deleted without their rows."""

from collections.abc import Iterator

import pytest
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, User
from accounts.resource_server.bearer import live_tokens
from tests.support.flows import App
from tests.support.hidden_people import hide_everybody, hiding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _manager() -> Iterator[None]:
    with hiding():
        yield


def status_of(tokens: dict[str, str], **headers: str) -> int:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return Browser().post("/mcp", body, content_type="application/json", headers=headers).status_code


@pytest.mark.parametrize("session", [{}, {"Mcp-Session-Id": "a" * 43}])
def test_tokens_of_hidden_people_are_refused(app: App, session: dict[str, str]) -> None:
    tokens, pk = app.connect(), AccessToken.objects.get().pk
    assert status_of(tokens, **session) in (200, 404)
    assert (live_tokens([pk]), Authorization.objects.usable().count()) == ({pk}, 1)
    hide_everybody()
    assert status_of(tokens, **session) == 401
    assert (live_tokens([pk]), Authorization.objects.usable().count()) == (set(), 0)
    refused = app.refresh(tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    User._base_manager.update(first_name="Ada")
    assert status_of(tokens, **session) in (200, 404)

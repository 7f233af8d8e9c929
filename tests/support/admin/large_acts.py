"""Clients and people with many rows, and the acts in admin and by the client that change them."""

from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Client, Event
from tests.support.admin.pages import confirmed
from tests.support.admin.staff import staff_with
from tests.support.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.flows import register

ADD = reverse("admin:oauth_mcp_blockeddomain_add")


def delete(registered: dict[str, Any]) -> Any:
    token = {"authorization": f"Bearer {registered['registration_access_token']}"}
    return Browser().delete(f"/oauth/register/{registered['client_id']}", headers=token)


def used_client() -> dict[str, Any]:
    """A client that registered itself, with tokens that were refreshed."""
    registered = register().json()
    client = Client.objects.get(client_id=registered["client_id"])
    for _ in range(5):
        authorization = make_authorization(make_user(), client)
        make_grant(authorization)
        _, refresh, _ = make_tokens(authorization)
        make_tokens(authorization, source=refresh)
    return registered


def ended_events() -> Any:
    return Event.objects.filter(kind="revocation", reason="operator")


def blocker() -> Browser:
    return staff_with("view_blockeddomain", "add_blockeddomain", "view_client", "change_client", "delete_client")


def removal(count: int) -> int:
    """Return the number of statements that the removal of `count` lookalikes takes."""
    for _ in range(count):
        register()
    alike = Client.objects.filter(registration_source="dcr")
    lookalike = alike.values_list("lookalike", flat=True)[0]
    with CaptureQueriesContext(connection) as queries:
        confirmed(blocker(), reverse("admin:oauth_mcp_client_lookalikes"), {"lookalike": lookalike})
    assert not alike.exists()
    return len(queries)


def deletable(model: str) -> Any:
    """A client or a person with five authorizations, whose tokens were refreshed."""
    client, person = make_client(), make_user()
    for _ in range(5):
        is_person = model == "user"
        authorization = make_authorization(person if is_person else make_user(), make_client() if is_person else client)
        make_grant(authorization)
        _, refresh, _ = make_tokens(authorization)
        make_tokens(authorization, source=refresh)
    return person if model == "user" else client


def deleted(browser: Browser, row: Any, how: str) -> Any:
    name = f"admin:oauth_mcp_{row._meta.model_name}"
    if how == "page":
        return browser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    return browser.post(reverse(f"{name}_changelist"), chosen)

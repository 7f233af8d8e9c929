"""Clients that change their own registration after the operator approved them."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client
from tests.support.factories import make_user
from tests.support.flows import Response, register, sign_in
from tests.support.oauth.client_changes import OTHER_KEYS, events_of_change
from tests.support.oauth.metadata_documents import KEYS

pytestmark = pytest.mark.django_db


def put(registered: dict[str, Any], **changes: Any) -> Response:
    return Browser().put(
        f"/oauth/register/{registered['client_id']}",
        {"client_id": registered["client_id"], **changes},
        content_type="application/json",
        headers={"Authorization": f"Bearer {registered['registration_access_token']}"},
    )


OWN = {
    "client_name": "An app",
    "redirect_uris": ["https://app.example/cb"],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": KEYS,
}

OWN_CHANGES: dict[str, dict[str, Any]] = {
    "keys": {"jwks": OTHER_KEYS},
    "address of keys": {"jwks_uri": "https://evil.example/jwks"},
    "address": {"redirect_uris": ["https://evil.example/cb"]},
    "name": {"client_name": "Claude"},
    "authentication": {"token_endpoint_auth_method": "none"},
}


@pytest.mark.parametrize("changes", OWN_CHANGES.values(), ids=OWN_CHANGES.keys())
def test_a_client_that_changes_its_registration_is_reviewed_anew(reviewed: None, changes: dict[str, Any]) -> None:
    registered = register(**OWN).json()
    Client.objects.update(approved_at=timezone.now())
    assert put(registered, **OWN).status_code == 200
    assert Client.objects.get().approved_at is not None
    assert events_of_change() == []
    assert put(registered, **{**OWN, **changes}).status_code == 200
    assert Client.objects.get().approved_at is None
    [detail] = events_of_change()
    assert detail.startswith("Waits for a review: ")


def test_a_client_that_changes_its_registration_is_an_event_where_registration_is_open() -> None:
    registered = register(**OWN).json()
    put(registered, **{**OWN, "jwks": OTHER_KEYS})
    assert Client.objects.get().approved_at is not None
    assert events_of_change() == ["jwks changed."]


def test_a_concurrent_change_does_not_undo_what_the_operator_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from accounts.clients import registration

    registered = register(**OWN).json()
    really = registration.read_metadata

    def suspended_meanwhile(*args: Any, **options: Any) -> Any:
        Client.objects.update(suspended_at=timezone.now())
        return really(*args, **options)

    monkeypatch.setattr(registration, "read_metadata", suspended_meanwhile)
    assert put(registered, **{**OWN, "client_name": "Other"}).status_code == 401
    client = Client.objects.get()
    assert (client.suspended_at is not None, client.name) == (True, "An app")


@pytest.mark.parametrize(
    "fields", [{"name": "Other"}, {"jwks": OTHER_KEYS}, {"redirect_uris": "https://evil.example/"}]
)
def test_an_approval_is_of_what_the_page_showed(reviewed: None, fields: dict[str, Any]) -> None:
    admin = sign_in(make_user("admin", is_staff=True, is_superuser=True))
    register(**OWN)
    client = Client.objects.get()
    approve = f"/admin/oauth_mcp/client/{client.pk}/act/approve/"
    shown = admin.post(approve).context["shown"]
    Client.objects.update(**fields)
    assert "have changed since this page was opened" in admin.post(approve, {"shown": shown}).text
    client.refresh_from_db()
    assert client.approved_at is None
    admin.post(approve, {"shown": admin.post(approve).context["shown"]})
    client.refresh_from_db()
    assert client.approved_at is not None

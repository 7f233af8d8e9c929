"""The introspection endpoint: what a protected resource is told about a token, and who is told nothing."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.client_credentials.secrets import rotate
from accounts.models import AccessToken, Authorization, Event, User
from accounts.protected_resources.ending import switch_off
from accounts.revocation.authorizations import revoke
from tests.support.flows import FORM, ISSUER, RESOURCE, App, basic, post_form
from tests.support.oauth.protected_resources import BILLING, Asker, make_resource

pytestmark = pytest.mark.django_db


def test_an_active_token_is_described(billing: Asker, tokens: dict[str, str], app: App, person: User) -> None:
    response = billing.introspect(tokens["access_token"])
    token = AccessToken.objects.get()
    assert response["Cache-Control"] == "no-store"
    assert response.json() == {
        "active": True,
        "scope": "read write",
        "client_id": app.client_id,
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
        "sub": str(person.pk),
        "aud": BILLING,
        "iss": ISSUER,
    }


def test_credentials_count_in_the_body_too(billing: Asker, tokens: dict[str, str]) -> None:
    credentials = {"client_id": billing.row.client_id, "client_secret": billing.secret}
    assert post_form("/oauth/introspect/", {"token": tokens["access_token"], **credentials}).json()["active"]


def test_a_token_for_another_resource_is_inactive(tokens: dict[str, str], app: App, browser: Browser) -> None:
    other = make_resource("https://payroll.example.com/mcp", "Payroll")
    assert other.introspect(tokens["access_token"]).json() == {"active": False}
    assert not other.is_told(app.connect(browser)["access_token"])


def test_a_token_for_mcp_is_described_only_to_a_resource_with_that_address(app: App, browser: Browser) -> None:
    assert make_resource(RESOURCE, "Gateway").is_told(app.connect(browser)["access_token"])


@pytest.mark.parametrize("value", ["unknown", "x" * 5000, "\x00", "\N{SNOWMAN}"])
def test_unknown_and_malformed_tokens_are_inactive(billing: Asker, value: str) -> None:
    assert billing.introspect(value).json() == {"active": False}


def test_a_refresh_token_is_inactive(billing: Asker, tokens: dict[str, str]) -> None:
    assert not billing.is_told(tokens["refresh_token"])


def test_a_revoked_token_is_inactive_at_once(billing: Asker, tokens: dict[str, str]) -> None:
    revoke(Authorization.objects.all(), reason="operator")
    assert not billing.is_told(tokens["access_token"])


def test_an_expired_token_is_inactive(billing: Asker, tokens: dict[str, str]) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert not billing.is_told(tokens["access_token"])


def test_tokens_of_a_suspended_person_or_client_are_inactive(
    billing: Asker, tokens: dict[str, str], app: App, person: User
) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not billing.is_told(tokens["access_token"])
    User.objects.filter(pk=person.pk).update(is_active=True)
    type(app.row).objects.update(suspended_at=timezone.now())
    assert not billing.is_told(tokens["access_token"])


def test_a_resource_that_is_switched_off_is_told_nothing(billing: Asker, tokens: dict[str, str]) -> None:
    assert switch_off(billing.row) == 1
    assert not billing.is_told(tokens["access_token"])
    assert Authorization.objects.get().revoked_at is not None


def test_a_deleted_resource_is_refused(billing: Asker, tokens: dict[str, str]) -> None:
    billing.row.delete()
    assert billing.introspect(tokens["access_token"]).status_code == 401


def test_a_clients_secret_is_refused(tokens: dict[str, str], app: App) -> None:
    response = post_form("/oauth/introspect", {"token": tokens["access_token"], **app.credentials})
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert response["WWW-Authenticate"].startswith("Basic")
    event = Event.objects.get(reason="introspection_refused")
    assert tokens["access_token"] not in event.detail


HEADERS = [
    "Basic",
    "Basic !!!",
    "Basic " + "A" * 9,
    "Bearer x",
    basic("", ""),
    basic("a\x00", "b"),
    basic("x" * 999, "b"),
]


@pytest.mark.parametrize("header", HEADERS)
def test_credentials_that_cannot_be_read_are_refused(billing: Asker, header: str) -> None:
    response = post_form("/oauth/introspect", {"token": "t"}, Authorization=header)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


def test_the_former_secret_is_accepted_during_the_overlap_alone(billing: Asker, tokens: dict[str, str]) -> None:
    fresh = rotate(billing.row, timedelta(days=1))
    assert billing.is_told(tokens["access_token"])
    assert Asker(billing.row, fresh).is_told(tokens["access_token"])
    type(billing.row).objects.update(former_secret_until=timezone.now())
    assert billing.introspect(tokens["access_token"]).status_code == 401


def test_secrets_are_stored_hashed(billing: Asker) -> None:
    assert billing.row.secret.startswith("random_secret_sha256$")
    assert billing.secret not in billing.row.secret


@pytest.mark.parametrize(
    "changes", [{"token": None}, {"token": ""}, {"token": ["a", "b"]}, {"token_type_hint": ["a", "b"]}]
)
def test_requests_that_are_not_clear_are_refused(billing: Asker, changes: dict[str, str | list[str] | None]) -> None:
    response = billing.introspect("t", **changes) if "token" not in changes else billing.introspect(**changes)  # type: ignore[arg-type]
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_other_bodies_and_methods_are_refused(billing: Asker) -> None:
    assert Browser().get("/oauth/introspect").status_code == 405
    for content_type, body in (("application/json", "{}"), (FORM, b"\xff=\xff"), ("multipart/form-data", "x")):
        assert Browser().post("/oauth/introspect", body, content_type=content_type).status_code in (400, 401)

"""Refused exchanges: who may not ask, for which token, for which server, and with which error (RFC 8693)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AccessToken, AllowedExchange, Authorization, Client, Event, ProtectedResource, User
from tests.support.flows import RESOURCE, App, post_token
from tests.support.oauth.exchanges import ACCESS_TOKEN, ARCHIVE, GRANT_TYPE, LEDGER, allow, exchange
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = pytest.mark.django_db

INVALID_REQUEST = (400, "invalid_request")


def outcome(response: Any) -> tuple[int, str]:
    assert response.json()["error_description"]
    return response.status_code, response.json()["error"]


def exchanged() -> int:
    return Authorization.objects.filter(exchanged_from__isnull=False).count()


# --- Who asks ----------------------------------------------------------------------------------


def test_client_cannot_exchange_its_own_token(received: str, app: App) -> None:
    asked = {"grant_type": GRANT_TYPE, "subject_token": received, "subject_token_type": ACCESS_TOKEN}
    response = post_token({**asked, "resource": LEDGER, **app.credentials})
    assert outcome(response) == (401, "invalid_client")
    assert response["WWW-Authenticate"].startswith("Basic")
    assert exchanged() == 0


def test_client_cannot_exchange_even_with_that_grant_type(received: str, app: App) -> None:
    Client.objects.update(grant_types=f"authorization_code refresh_token {GRANT_TYPE}")
    test_client_cannot_exchange_its_own_token(received, app)


@pytest.mark.parametrize("sent", [{}, {"client_id": "unknown", "client_secret": "x"}, {"client_secret": "x"}])
def test_stranger_cannot_exchange(received: str, sent: dict[str, str]) -> None:
    asked = {"grant_type": GRANT_TYPE, "subject_token": received, "subject_token_type": ACCESS_TOKEN}
    assert outcome(post_token({**asked, "resource": LEDGER, **sent})) == (401, "invalid_client")


def test_resource_with_a_wrong_secret_cannot_exchange(received: str, billing: Asker) -> None:
    assert outcome(exchange(Asker(billing.row, "wrong"), received)) == (401, "invalid_client")


def test_resource_that_is_switched_off_cannot_exchange(received: str, billing: Asker) -> None:
    ProtectedResource.objects.filter(pk=billing.row.pk).update(is_active=False)
    assert outcome(exchange(billing, received)) == (401, "invalid_client")


# --- The token that it received ------------------------------------------------------------------


def test_token_of_another_resource_cannot_be_exchanged(
    received: str, billing: Asker, ledger: Asker, archive: Asker
) -> None:
    """Otherwise a server that got hold of another one's token could use it up the chain."""
    allow(archive, ledger)
    response = exchange(archive, received)
    assert outcome(response) == INVALID_REQUEST
    assert response.json() == exchange(archive, "unknown").json()


def test_token_of_the_mcp_endpoint_cannot_be_exchanged_by_another_server(
    allowed: AllowedExchange, billing: Asker, app: App, browser: Browser
) -> None:
    assert outcome(exchange(billing, app.connect(browser)["access_token"])) == INVALID_REQUEST


@pytest.mark.parametrize("value", ["unknown", "x" * 8192, "\N{SNOWMAN}", "\ud800".encode("utf-8", "replace").decode()])
def test_unknown_token_is_an_invalid_request(allowed: AllowedExchange, billing: Asker, value: str) -> None:
    """RFC 8693 section 2.2.2: if the subject_token is invalid, the error MUST be the "invalid_request" error code."""
    assert outcome(exchange(billing, value)) == INVALID_REQUEST


def test_refresh_token_cannot_be_exchanged(
    allowed: AllowedExchange, billing: Asker, app: App, browser: Browser
) -> None:
    token = app.connect(browser, resource=BILLING)["refresh_token"]
    assert outcome(exchange(billing, token)) == INVALID_REQUEST


def test_expired_token_cannot_be_exchanged(received: str, billing: Asker) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert outcome(exchange(billing, received)) == INVALID_REQUEST


def test_token_that_ends_within_the_second_cannot_be_exchanged(received: str, billing: Asker) -> None:
    AccessToken.objects.update(expires=timezone.now() + timedelta(seconds=0.9))
    assert outcome(exchange(billing, received)) == INVALID_REQUEST
    assert exchanged() == 0


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (User.objects.all(), {"is_active": False}),
        (Client.objects.all(), {"suspended_at": timezone.now()}),
        (Authorization.objects.all(), {"revoked_at": timezone.now()}),
        (Authorization.objects.all(), {"expires_at": timezone.now() - timedelta(seconds=1)}),
    ],
)
def test_token_without_a_live_authorization_person_and_client_cannot_be_exchanged(
    received: str, billing: Asker, rows: Any, change: dict[str, Any]
) -> None:
    rows.all().update(**change)
    assert outcome(exchange(billing, received)) == INVALID_REQUEST


def test_chain_has_a_limited_number_of_servers(
    received: str, billing: Asker, ledger: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(ledger, billing)
    token, pair = received, [(billing, LEDGER), (ledger, BILLING)]
    for number in range(4):
        source, target = pair[number % 2]
        response = exchange(source, token, resource=target)
        assert response.status_code == 200
        token = response.json()["access_token"]
    assert outcome(exchange(billing, token)) == INVALID_REQUEST


# --- The server that it is to be exchanged for -----------------------------------------------------


@pytest.mark.parametrize("target", [ARCHIVE, BILLING, RESOURCE, "https://unknown.example.com", "ledger", "\N{SNOWMAN}"])
def test_server_that_the_operator_does_not_allow_is_an_invalid_target(
    received: str, billing: Asker, archive: Asker, target: str
) -> None:
    """RFC 8693 section 2.2.2: unwilling to issue a token for a target, the server SHOULD use invalid_target."""
    for named in ({"resource": target}, {"resource": None, "audience": target}):
        assert outcome(exchange(billing, received, **named)) == (400, "invalid_target")
    assert exchanged() == 0


def test_permission_counts_in_one_direction_alone(
    received: str, billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    token = app.connect(browser, resource=LEDGER)["access_token"]
    assert outcome(exchange(ledger, token, resource=BILLING)) == (400, "invalid_target")


def test_server_that_is_switched_off_is_an_invalid_target(received: str, billing: Asker) -> None:
    ProtectedResource.objects.filter(identifier=LEDGER).update(is_active=False)
    assert outcome(exchange(billing, received)) == (400, "invalid_target")


@pytest.mark.parametrize("named", [{"resource": [LEDGER, ARCHIVE]}, {"audience": ARCHIVE}])
def test_several_servers_are_an_invalid_target(
    received: str, billing: Asker, archive: Asker, named: dict[str, Any]
) -> None:
    allow(billing, archive)
    assert outcome(exchange(billing, received, **named)) == (400, "invalid_target")


def test_nothing_left_of_the_scope_is_an_invalid_scope(
    received: str, billing: Asker, app: App, browser: Browser
) -> None:
    narrow = app.connect(browser, resource=BILLING, scope="read")["access_token"]
    assert outcome(exchange(billing, narrow, scope="write")) == (400, "invalid_scope")
    AllowedExchange.objects.update(scope="gone")
    assert outcome(exchange(billing, received)) == (400, "invalid_scope")


# --- The parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token": None},
        {"subject_token": ""},
        {"subject_token": ["a", "b"]},
        {"subject_token": "a\x00"},
        {"subject_token": "x" * 8193},
        {"subject_token_type": None},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"subject_token_type": [ACCESS_TOKEN, ACCESS_TOKEN]},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"actor_token": "t"},
        {"actor_token": "t", "actor_token_type": ACCESS_TOKEN},
        {"actor_token_type": ACCESS_TOKEN},
        {"resource": None},
        {"resource": "", "audience": " "},
        {"resource": "x" * 2001},
        {"audience": f"{LEDGER}\x00"},
        {"scope": "read " * 1000},
    ],
)
def test_request_that_is_not_valid_is_an_invalid_request(
    received: str, billing: Asker, changes: dict[str, Any]
) -> None:
    """RFC 8693 section 2.2.2: if the request itself is not valid, the error MUST be "invalid_request"."""
    assert outcome(exchange(billing, received, **changes)) == INVALID_REQUEST
    assert exchanged() == 0


def test_requested_access_token_is_accepted(received: str, billing: Asker) -> None:
    assert exchange(billing, received, requested_token_type=ACCESS_TOKEN).status_code == 200


# --- Limits and the audit log ---------------------------------------------------------------------


def test_exchanges_for_one_person_are_limited(received: str, billing: Asker, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "exchanges_person": "1/hour"}
    assert [exchange(billing, received).status_code for _ in range(2)] == [200, 429]


def test_exchanges_of_one_server_are_limited(received: str, billing: Asker, ledger: Asker, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "exchanges_resource": "1/hour"}
    assert [exchange(billing, received).status_code for _ in range(2)] == [200, 429]
    assert exchange(ledger, received).status_code == 400


def test_event_of_a_refusal_names_the_server_and_the_person_and_no_token(
    received: str, billing: Asker, archive: Asker, person: User
) -> None:
    exchange(billing, received, resource=ARCHIVE)
    event = Event.objects.get(reason="exchange_refused")
    assert (event.user_id, event.client_id, event.client_name) == (person.pk, billing.row.client_id, "Billing server")
    assert event.detail.startswith("invalid_target: The operator does not allow")
    assert received not in event.detail

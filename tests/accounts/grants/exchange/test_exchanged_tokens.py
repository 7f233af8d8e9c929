"""Tokens that a protected resource gets for one that it received: narrower ones, for another server."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, AllowedExchange, Authorization, Event, RefreshToken, User
from tests.support.flows import ISSUER, App
from tests.support.oauth.exchanges import ACCESS_TOKEN, ARCHIVE, GRANT_TYPE, LEDGER, allow, exchange
from tests.support.oauth.jwts import verified
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = pytest.mark.django_db


def test_token_is_for_the_other_server_the_same_person_and_the_same_client(
    received: str, billing: Asker, ledger: Asker, app: App, person: User
) -> None:
    response = exchange(billing, received)
    answer = response.json()
    assert response["Cache-Control"] == "no-store"
    assert (answer["issued_token_type"], answer["token_type"]) == (ACCESS_TOKEN, "Bearer")
    told = ledger.introspect(answer["access_token"]).json()
    assert (told["sub"], told["client_id"], told["aud"]) == (str(person.pk), app.client_id, LEDGER)
    assert (told["scope"], told["iss"], told["act"]) == ("read write", ISSUER, {"sub": BILLING})
    assert not billing.is_told(answer["access_token"])


def test_jwt_for_the_other_server_says_who_acts_for_whom(
    received: str, billing: Asker, ledger: Asker, person: User
) -> None:
    type(ledger.row).objects.filter(pk=ledger.row.pk).update(token_format="jwt", token_lifetime=1)
    answer = exchange(billing, received).json()
    claims = verified(answer["access_token"], LEDGER)
    assert (claims["sub"], claims["act"], claims["scope"]) == (str(person.pk), {"sub": BILLING}, "read write")
    assert (answer["expires_in"], claims["exp"] - claims["iat"] <= 60) == (60, True)


def test_jwt_that_a_server_received_can_be_exchanged(
    allowed: AllowedExchange, billing: Asker, ledger: Asker, app: App, browser: Browser
) -> None:
    type(billing.row).objects.filter(pk=billing.row.pk).update(token_format="jwt")
    received = app.connect(browser, resource=BILLING, scope="read")["access_token"]
    assert "act" not in verified(received, BILLING)
    answer = exchange(billing, received).json()
    assert ledger.introspect(answer["access_token"]).json()["act"] == {"sub": BILLING}


def test_exchange_leaves_the_received_token_as_it_is(received: str, billing: Asker) -> None:
    exchange(billing, received)
    told = billing.introspect(received).json()
    assert (told["active"], "act" in told) == (True, False)


def test_no_refresh_token_is_issued(received: str, billing: Asker) -> None:
    known = RefreshToken.objects.count()
    assert "refresh_token" not in exchange(billing, received).json()
    assert RefreshToken.objects.count() == known


def test_other_server_can_be_named_by_audience_too(received: str, billing: Asker) -> None:
    assert exchange(billing, received, resource=None, audience=LEDGER).status_code == 200
    assert exchange(billing, received, resource=[LEDGER, f"{LEDGER}/"], audience=LEDGER).status_code == 200


@pytest.mark.parametrize(
    ("requested", "granted"), [("read", "read"), (None, "read write"), ("read write admin", "read write")]
)
def test_scope_is_what_was_requested_of_what_is_allowed(
    received: str, billing: Asker, requested: str | None, granted: str
) -> None:
    assert exchange(billing, received, scope=requested).json()["scope"] == granted


def test_scope_is_never_more_than_the_operator_the_person_and_the_other_server_allow(
    received: str, billing: Asker, ledger: Asker, allowed: AllowedExchange, app: App, browser: Browser
) -> None:
    narrow = app.connect(browser, resource=BILLING, scope="read")["access_token"]
    assert exchange(billing, narrow, scope="read write").json()["scope"] == "read"
    AllowedExchange.objects.update(scope="write")
    assert exchange(billing, received).json()["scope"] == "write"
    AllowedExchange.objects.update(scope="read write")
    type(ledger.row).objects.filter(pk=ledger.row.pk).update(scope="read")
    assert exchange(billing, received).json()["scope"] == "read"


def test_token_lives_as_long_as_the_operator_allows_and_never_longer_than_the_received_one(
    received: str, billing: Asker
) -> None:
    assert exchange(billing, received).json()["expires_in"] == 300
    soon = timezone.now() + timedelta(seconds=90)
    AccessToken.objects.filter(token_checksum=checksum(received)).update(expires=soon)
    answer = exchange(billing, received).json()
    assert 85 <= answer["expires_in"] <= 90
    assert AccessToken.objects.get(token_checksum=checksum(answer["access_token"])).expires <= soon


def test_chain_names_each_server_that_acts(
    received: str, billing: Asker, ledger: Asker, archive: Asker, app: App
) -> None:
    """RFC 8693 section 4.1: the outermost "act" is the current actor, and nested ones are prior actors."""
    allow(ledger, archive, "read")
    first = exchange(billing, received).json()["access_token"]
    second = exchange(ledger, first, resource=ARCHIVE).json()
    told = archive.introspect(second["access_token"]).json()
    assert told["act"] == {"sub": LEDGER, "act": {"sub": BILLING}}
    assert (told["scope"], told["client_id"]) == ("read", app.client_id)


def test_many_exchanges_have_one_authorization(received: str, billing: Asker, allowed: AllowedExchange) -> None:
    values = {exchange(billing, received, scope=scope).json()["access_token"] for scope in ("read", "write", None)}
    exchanged = Authorization.objects.get(origin=Authorization.Origin.TOKEN_EXCHANGE)
    assert (len(values), exchanged.access_tokens.count(), exchanged.scope) == (3, 3, "read write")
    assert exchanged.exchanged_from == Authorization.objects.get(resource=BILLING)
    AllowedExchange.objects.update(lifetime_minutes=10)
    exchange(billing, received)
    exchanged.refresh_from_db()
    newest = exchanged.access_tokens.latest("pk")
    assert exchanged.expires_at is not None
    assert newest.expires <= exchanged.expires_at
    assert newest.expires > timezone.now() + timedelta(minutes=9)


def test_event_says_who_acts_for_whom_through_which_app(received: str, billing: Asker, app: App, person: User) -> None:
    token = exchange(billing, received).json()["access_token"]
    event = Event.objects.get(kind=Event.Kind.TOKEN, action=GRANT_TYPE)
    assert (event.outcome, event.user_id, event.client_id) == ("ok", person.pk, app.client_id)
    assert event.detail == f"Billing server acts for {person} through My Test App, at Ledger."
    assert event.token_id == AccessToken.objects.get(token_checksum=checksum(token)).pk


def test_metadata_names_the_grant_type(db: None) -> None:
    document = Browser().get("/.well-known/oauth-authorization-server").json()
    assert GRANT_TYPE in document["grant_types_supported"]


def test_person_sees_which_server_used_which(received: str, billing: Asker, browser: Browser) -> None:
    exchange(billing, received)
    page = browser.get(reverse("oauth_mcp:connected_apps")).text
    assert "<bdi>Billing server</bdi> used <bdi>Ledger</bdi> on your behalf" in page


def test_limit_of_connections_does_not_count_exchanges(
    received: str, billing: Asker, app: App, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.grants.authorization_limit.MOST_LIVE", 2)
    exchange(billing, received)
    app.connect(browser)
    assert Authorization.objects.filter(revoked_at=None).count() == 3

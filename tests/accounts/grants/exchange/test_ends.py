"""The end of exchanged tokens: with all that they depend on, on the next request."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, AllowedExchange, Authorization, Event, User
from accounts.protected_resources.ending import end_exchange, switch_off
from accounts.pruning import RETENTION_RULES
from accounts.revocation.authorizations import revoke
from accounts.revocation.deletion import delete, end_access
from tests.support.flows import App
from tests.support.oauth.exchanges import ARCHIVE, allow, exchange
from tests.support.oauth.machines import make_machine
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(received: str, billing: Asker) -> str:
    value: str = exchange(billing, received).json()["access_token"]
    return value


@pytest.fixture
def last(token: str, ledger: Asker, archive: Asker) -> str:
    """The token at the end of a chain: Billing, Ledger, Archive."""
    allow(ledger, archive)
    value: str = exchange(ledger, token, resource=ARCHIVE).json()["access_token"]
    return value


def test_revoked_with_the_authorization_that_it_was_exchanged_from(
    token: str, last: str, ledger: Asker, archive: Asker
) -> None:
    assert revoke(Authorization.objects.filter(exchanged_from=None), reason="operator") == 1
    assert (ledger.is_told(token), archive.is_told(last)) == (False, False)
    assert Event.objects.filter(kind=Event.Kind.REVOCATION, reason="operator").count() == 3


def test_revocation_of_the_middle_leaves_what_it_was_exchanged_from(
    token: str, last: str, received: str, billing: Asker, archive: Asker
) -> None:
    revoke(Authorization.objects.filter(actors=BILLING), reason="operator")
    assert (billing.is_told(received), archive.is_told(last)) == (True, False)


def test_disconnecting_the_app_ends_it(token: str, last: str, browser: Browser, ledger: Asker, archive: Asker) -> None:
    browser.post(reverse("oauth_mcp:connected_apps"), {"client": "all"})
    assert (ledger.is_told(token), archive.is_told(last)) == (False, False)


def test_revocation_by_the_client_ends_it(token: str, received: str, app: App, ledger: Asker) -> None:
    assert app.revoke(received).status_code == 200
    assert not ledger.is_told(token)


def test_revocation_of_the_received_token_alone_ends_it(
    ledger: Asker, allowed: AllowedExchange, billing: Asker
) -> None:
    machine = make_machine(scope="read write", resources=BILLING)
    received, other = (machine.token(resource=BILLING)["access_token"] for _ in range(2))
    token, of_other = (exchange(billing, each).json()["access_token"] for each in (received, other))
    assert App(machine.row.client_id, machine.secret).revoke(received).status_code == 200
    assert (billing.is_told(received), ledger.is_told(token)) == (False, False)
    # What was exchanged for a token of the same authorization ends, too: it is not stored from which token it came.
    assert (billing.is_told(other), ledger.is_told(of_other)) == (True, False)
    assert ledger.is_told(exchange(billing, other).json()["access_token"])


def test_suspension_of_the_person_ends_it(token: str, ledger: Asker, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not ledger.is_told(token)


def test_suspension_of_the_client_ends_it(token: str, ledger: Asker, app: App) -> None:
    type(app.row).objects.update(suspended_at=timezone.now())
    assert not ledger.is_told(token)


@pytest.mark.parametrize("which", ["billing", "ledger"])
def test_end_of_either_server_ends_it(
    token: str, last: str, archive: Asker, ledger: Asker, request: pytest.FixtureRequest, which: str
) -> None:
    resource: Asker = request.getfixturevalue(which)
    switch_off(resource.row)
    resource.row.is_active = True
    resource.row.save()
    assert (ledger.is_told(token), archive.is_told(last)) == (False, False)


@pytest.mark.parametrize("by_query", [False, True])
def test_end_of_the_permission_ends_it_and_the_received_token_goes_on(
    token: str, last: str, received: str, allowed: AllowedExchange, archive: Asker, by_query: bool
) -> None:
    if by_query:
        AllowedExchange.objects.filter(pk=allowed.pk).delete()
    else:
        assert end_exchange(allowed.source, allowed.target) == 1
        allowed.delete()
    assert not archive.is_told(last)
    live = AccessToken.objects.filter(authorization__revoked_at=None)
    assert live.get().token_checksum == checksum(received)
    assert Event.objects.filter(reason="exchange_ended").count() == 2


def test_expires_with_the_authorization_that_it_was_exchanged_from(
    received: str, billing: Asker, ledger: Asker
) -> None:
    soon = timezone.now() + timedelta(seconds=60)
    AccessToken.objects.update(expires=soon)
    Authorization.objects.update(expires_at=soon)
    token = exchange(billing, received).json()["access_token"]
    assert AccessToken.objects.latest("pk").expires <= soon
    assert ledger.is_told(token)


def test_revoked_one_is_not_used_again(token: str, received: str, billing: Asker, ledger: Asker) -> None:
    revoke(Authorization.objects.filter(actors=BILLING), reason="operator")
    fresh = exchange(billing, received).json()["access_token"]
    assert (ledger.is_told(token), ledger.is_told(fresh)) == (False, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("whose", ["person", "client"])
def test_deletion_of_the_person_or_the_client_deletes_it(
    token: str, last: str, app: App, person: User, browser: Browser, whose: str
) -> None:
    app.connect(browser)
    row = person if whose == "person" else app.row
    end_access(type(row).objects.filter(pk=row.pk))
    delete(row, reason="operator")
    assert not Authorization.objects.exists()
    assert not AccessToken.objects.exists()


def test_unused_ones_are_pruned_with_their_tokens(token: str, last: str) -> None:
    long_ago = timezone.now() - timedelta(days=90)
    AccessToken.objects.update(expires=long_ago)
    Authorization.objects.update(created_at=long_ago)
    for rule in RETENTION_RULES:
        if rule.name in ("access tokens", "unused authorizations"):
            list(rule.prune())
    assert not Authorization.objects.filter(exchanged_from__isnull=False).exists()

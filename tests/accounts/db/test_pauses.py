"""Pauses between the short transactions of a large act, in which other connections write."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.db import short_transactions
from accounts.models import Authorization, Event
from accounts.revocation import authorizations
from tests.support.admin.large_acts import ADD, blocker, deletable, delete, deleted, removal, used_client
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.flows import register

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_batches")]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return, for each pause, whether it was within a transaction. Each transaction counts as a long one."""
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite has one writer.")
    taken: list[bool] = []
    monkeypatch.setattr(short_transactions, "WRITING_SECONDS", 0)
    monkeypatch.setattr(short_transactions.time, "sleep", lambda seconds: taken.append(connection.in_atomic_block))
    return taken


def prune() -> None:
    long_ago = timezone.now() - timedelta(days=4000)
    Event.objects.bulk_create(Event(kind="mcp", at=long_ago) for _ in range(6))
    call_command("prune")


def remove_lookalikes() -> None:
    removal(5)


def delete_client_in_admin() -> None:
    browser = Browser()
    browser.force_login(make_user(is_superuser=True, is_staff=True))
    deleted(browser, deletable("client"), "bulk")


def block_a_domain() -> None:
    for number in range(5):
        register(redirect_uris=[f"https://app{number}.evil.test/cb"])
    browser = blocker()
    shown = browser.post(ADD, {"domain": "evil.test", "reason": ""}).context["shown"]
    browser.post(ADD, {"domain": "evil.test", "reason": "", "shown": shown, "also": "evil.test"})


def revoke_all() -> None:
    for _ in range(5):
        make_authorization(make_user(), make_client())
    authorizations.revoke(Authorization.objects.all(), reason="operator")


@pytest.mark.parametrize(
    "act",
    [revoke_all, prune, remove_lookalikes, delete_client_in_admin, block_a_domain, lambda: delete(used_client())],
    ids=["revocation", "pruning", "look-alikes", "deletion in admin", "blocking", "deletion by the client"],
)
def test_large_act_lets_others_write_between_its_transactions(pauses: list[bool], act: Callable[[], object]) -> None:
    for _ in range(3):
        make_tokens(make_authorization(make_user(), make_client()))
    act()
    assert len(pauses) >= 3
    assert not any(pauses)


def test_act_within_a_transaction_does_not_pause(pauses: list[bool]) -> None:
    with transaction.atomic():
        revoke_all()
    assert not pauses

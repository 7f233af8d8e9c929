"""Blocked domains and lookalikes with many clients, which admin handles in batches."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.admin.clients import block_impact, lookalikes
from accounts.admin_base import mixins
from accounts.models import BlockedDomain, Client, Event
from accounts.revocation import authorizations, deletion
from tests.support.admin.large_acts import ADD, blocker, removal
from tests.support.admin.pages import confirmed
from tests.support.flows import register

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_batches")]


def test_page_that_asks_whether_to_block_begins_no_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    register(redirect_uris=["https://app.evil.test/cb"])
    browser, begun = blocker(), []
    looked_up = block_impact.clients_of

    def looking(domain: str) -> Any:
        begun.append(connection.in_atomic_block)
        return looked_up(domain)

    monkeypatch.setattr(block_impact, "clients_of", looking)
    page = browser.post(ADD, {"domain": "evil.test", "reason": ""})
    assert "shown" in page.text
    assert begun == [False]


def test_blocking_a_domain_suspends_all_by_one_statement_for_many(sizes: list[int]) -> None:
    for number in range(5):
        register(redirect_uris=[f"https://app{number}.evil.test/cb"])
    browser = blocker()
    page = browser.post(ADD, {"domain": "evil.test", "reason": ""})
    shown = page.context["shown"]
    with CaptureQueriesContext(connection) as queries:
        browser.post(ADD, {"domain": "evil.test", "reason": "", "shown": shown, "also": "evil.test"})
    assert BlockedDomain.objects.get().domain == "evil.test"
    assert Client.objects.filter(suspended_at=None).count() == 0
    suspending = [query["sql"] for query in queries if 'UPDATE "oauth_mcp_client" SET "suspended_at"' in query["sql"]]
    assert len(suspending) == 3
    assert max(sizes) == 2
    assert Event.objects.filter(detail__contains="Suspended: evil.test is blocked.").count() == 5


def test_lookalikes_are_removed_a_few_at_a_time(sizes: list[int]) -> None:
    for _ in range(5):
        register()
    [lookalike] = set(Client.objects.values_list("lookalike", flat=True))
    page = confirmed(blocker(), reverse("admin:oauth_mcp_client_lookalikes"), {"lookalike": lookalike})
    assert "5 unused clients removed." in page.text
    assert max(sizes) == 2
    assert not Client.objects.exists()


def test_lookalikes_are_not_deleted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((deletion, "AT_ONCE"), (mixins, "AT_ONCE"), (lookalikes, "BATCH_SIZE")):
        monkeypatch.setattr(module, name, 20)
    monkeypatch.setattr(deletion, "BATCH", 20)
    monkeypatch.setattr(authorizations.in_batches, "__defaults__", (20,))
    assert removal(12) - removal(3) < 9

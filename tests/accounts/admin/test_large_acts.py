"""Acts whose size a stranger or a person decides: in many short transactions, what must count at once first."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import pruning
from accounts.admin.clients import block_impact, block_page, lookalikes
from accounts.admin_base import mixins
from accounts.audit import events
from accounts.db import short_transactions
from accounts.models import AccessToken, Authorization, BlockedDomain, Client, Consent, Event, RefreshToken, User
from accounts.revocation import authorizations, deletion
from tests.accounts.conftest import staff_with
from tests.support.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.flows import App, answer, ask, register

pytestmark = pytest.mark.django_db(transaction=True)

ADD = reverse("admin:accounts_blockeddomain_add")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorizations, "BATCH", 2)
    monkeypatch.setattr(authorizations.in_batches, "__defaults__", (2,))
    monkeypatch.setattr(deletion, "BATCH", 2)
    monkeypatch.setattr(deletion, "AT_ONCE", 2)
    monkeypatch.setattr(mixins, "AT_ONCE", 2)
    monkeypatch.setattr(pruning, "BATCH", 2)
    monkeypatch.setattr(block_page, "BATCH", 2)
    monkeypatch.setattr(lookalikes, "BATCH_SIZE", 2)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the number of events of each statement."""
    written: list[int] = []
    record_all = events.record_all

    def counted(described: Iterable[Event]) -> None:
        listed = list(described)
        written.append(len(listed))
        record_all(listed)

    monkeypatch.setattr(events, "record_all", counted)
    return written


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


def test_each_batch_commits_its_revocations_with_their_events(sizes: list[int]) -> None:
    ada, client = make_user("ada"), make_client()
    for _ in range(5):
        make_authorization(ada, client)
    assert authorizations.revoke(Authorization.objects.filter(consent__user=ada), reason="person") == 5
    assert sizes == [2, 2, 1]
    assert not Authorization.objects.live().exists()
    told = Event.objects.filter(kind="revocation", reason="person", username="ada", client_id=client.client_id)
    assert set(told.values_list("authorization_id", flat=True)) == set(
        Authorization.objects.values_list("pk", flat=True)
    )


def test_revocation_that_stops_has_an_event_for_each_that_ended_and_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(5):
        make_authorization(make_user(), make_client())
    record, calls = authorizations._record, []

    def stopped(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        record(*args)

    with monkeypatch.context() as patch:
        patch.setattr(authorizations, "_record", stopped)
        with pytest.raises(KeyboardInterrupt):
            authorizations.revoke(Authorization.objects.all(), reason="operator")
    assert (Authorization.objects.live().count(), ended_events().count()) == (3, 2)
    assert authorizations.revoke(Authorization.objects.all(), reason="operator") == 3
    told = ended_events().values_list("authorization_id", flat=True)
    assert sorted(told) == sorted(Authorization.objects.values_list("pk", flat=True))


def ended_events() -> Any:
    return Event.objects.filter(kind="revocation", reason="operator")


def test_what_is_rolled_back_leaves_no_event() -> None:
    ada = make_user("ada")
    for _ in range(5):
        make_authorization(ada, make_client())
    with transaction.atomic():
        authorizations.revoke(Authorization.objects.all(), reason="person")
        transaction.set_rollback(True)
    assert Authorization.objects.live().count() == 5
    assert not Event.objects.filter(kind="revocation").exists()


def test_client_that_deletes_itself_leaves_an_event_for_each_authorization(sizes: list[int]) -> None:
    registered = used_client()
    other = make_tokens(make_authorization(make_user(), make_client()))
    assert delete(registered).status_code == 204
    assert Event.objects.filter(kind="revocation", reason="client_deleted").count() == 5
    assert max(sizes) == 2
    assert not Client.objects.filter(client_id=registered["client_id"]).exists()
    assert list(AccessToken.objects.all()) == [other[0]]
    assert list(RefreshToken.objects.all()) == [other[1]]
    assert delete(registered).status_code == 401


def test_client_that_is_being_deleted_has_ended_first_and_can_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    registered = used_client()

    def stopped(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deletion, "_in_batches", stopped)
        with pytest.raises(KeyboardInterrupt):
            delete(registered)
    assert Client.objects.get(client_id=registered["client_id"]).is_disabled
    assert not Authorization.objects.live().exists()
    assert delete(registered).status_code == 204


def test_token_of_a_request_that_was_admitted_before_does_not_keep_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    registered = used_client()
    real, tries = deletion.delete_issued, []

    def meanwhile(authorizations: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise IntegrityError("still referenced")
        real(authorizations)

    monkeypatch.setattr(deletion, "delete_issued", meanwhile)
    assert delete(registered).status_code == 204
    assert not Client.objects.filter(client_id=registered["client_id"]).exists()


@pytest.mark.parametrize("ended", [lambda rows: rows.delete(), lambda rows: rows.update(approved_at=None)])
def test_client_that_ends_while_somebody_approves_is_a_page_and_nothing_is_written(
    ended: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.grants import issuance

    app, ada = App.register(), make_user("ada")
    browser = Browser()
    browser.force_login(ada)
    page, real = ask(browser, app), issuance._write_code

    def meanwhile(*args: Any) -> None:
        ended(Client.objects.filter(client_id=app.client_id))
        real(*args)

    monkeypatch.setattr(issuance, "_write_code", meanwhile)
    assert answer(browser, page).status_code == 400
    assert not Consent.objects.exists()


def blocker() -> Browser:
    return staff_with("view_blockeddomain", "add_blockeddomain", "view_client", "change_client", "delete_client")


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
    suspending = [query["sql"] for query in queries if 'UPDATE "accounts_client" SET "suspended_at"' in query["sql"]]
    assert len(suspending) == 3
    assert max(sizes) == 2
    assert Event.objects.filter(detail__contains="Suspended: evil.test is blocked.").count() == 5


def test_lookalikes_are_removed_a_few_at_a_time(sizes: list[int]) -> None:
    for _ in range(5):
        register()
    [lookalike] = set(Client.objects.values_list("lookalike", flat=True))
    page = blocker().post(reverse("admin:accounts_client_lookalikes"), {"lookalike": lookalike}, follow=True)
    assert "5 unused clients removed." in page.text
    assert max(sizes) == 2
    assert not Client.objects.exists()


def removal(count: int) -> int:
    """Return the number of statements that the removal of so many lookalikes takes."""
    for _ in range(count):
        register()
    alike = Client.objects.filter(registration_source="dcr")
    lookalike = alike.values_list("lookalike", flat=True)[0]
    with CaptureQueriesContext(connection) as queries:
        blocker().post(reverse("admin:accounts_client_lookalikes"), {"lookalike": lookalike})
    assert not alike.exists()
    return len(queries)


def test_lookalikes_are_not_deleted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((deletion, "AT_ONCE"), (mixins, "AT_ONCE"), (lookalikes, "BATCH_SIZE")):
        monkeypatch.setattr(module, name, 20)
    monkeypatch.setattr(deletion, "BATCH", 20)
    monkeypatch.setattr(authorizations.in_batches, "__defaults__", (20,))
    assert removal(12) - removal(3) < 9


def test_people_whose_password_changes_lose_all_at_once(person: User, sizes: list[int]) -> None:
    for _ in range(5):
        make_authorization(person, make_client())
    person.set_password("another long password")
    person.save()
    assert not Authorization.objects.live().exists()
    assert sizes == [2, 2, 1]


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
    name = f"admin:accounts_{row._meta.model_name}"
    if how == "page":
        return browser.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    return browser.post(reverse(f"{name}_changelist"), chosen)


@pytest.mark.parametrize("how", ["page", "bulk"])
@pytest.mark.parametrize("model", ["client", "user"])
def test_deletion_in_admin_is_many_transactions_of_a_batch_each(
    admin_client: Browser, model: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, sizes, is_alone = deletable(model), [], []
    kept = make_tokens(make_authorization(make_user(), make_client()))
    raw_delete, alive = QuerySet._raw_delete, type(row)._base_manager.filter(pk=row.pk)

    def counted(rows: Any, using: str) -> int:
        number = raw_delete(rows, using)
        sizes.append(number)
        return number

    def retried(act: Any) -> None:
        # Nothing is held between two batches, and nobody can use what is left.
        found = alive.get()
        has_ended = found.is_disabled if model == "client" else not found.is_active
        is_alone.append(has_ended and not connection.in_atomic_block)
        real(act)

    real = deletion._retried
    monkeypatch.setattr(QuerySet, "_raw_delete", counted)
    monkeypatch.setattr(deletion, "_retried", retried)
    assert deleted(admin_client, row, how).status_code == 302
    assert max(sizes) == 2
    assert len(is_alone) > 10
    assert all(is_alone)
    assert not alive.exists()
    assert list(AccessToken.objects.all()) == [kept[0]]
    assert Event.objects.filter(kind="admin", action=f"deleted {row._meta.verbose_name}").count() == 1
    assert ended_events().count() == 5


@pytest.mark.parametrize("how", ["page", "bulk"])
@pytest.mark.parametrize("model", ["client", "user"])
def test_deletion_in_admin_that_stops_says_so_and_can_be_repeated(
    admin_client: Browser, model: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = deletable(model)

    def stopped(*args: object) -> None:
        raise OperationalError("disk full")

    admin_client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(deletion, "_delete_authorizations", stopped)
        assert deleted(admin_client, row, how).status_code >= 500
    assert not Authorization.objects.live().exists()
    assert Event.objects.filter(kind="admin", detail__contains="The deletion stopped").count() == 1
    assert deleted(admin_client, row, how).status_code == 302
    assert not type(row)._base_manager.filter(pk=row.pk).exists()


# --- Pauses, in which others write ---------------------------------------------------------------


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each pause, whether it was within a transaction. Each transaction counts as a long one."""
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

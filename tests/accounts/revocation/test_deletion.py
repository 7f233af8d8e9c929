"""Deletion of a client or a person with many rows, in short transactions (accounts/revocation/deletion.py)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.models import QuerySet
from django.test import Client as Browser

from accounts.models import AccessToken, Authorization, Client, Consent, Event, RefreshToken
from accounts.revocation import deletion
from tests.support.admin.large_acts import deletable, delete, deleted, ended_events, used_client
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.flows import App, answer, ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_batches")]


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
def test_client_that_ends_during_the_approval_is_a_page_and_nothing_is_written(
    ended: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts.grants import codes

    app, ada = App.register(), make_user("ada")
    browser = Browser()
    browser.force_login(ada)
    page, real = ask(browser, app), codes._write_code

    def meanwhile(*args: Any) -> None:
        ended(Client.objects.filter(client_id=app.client_id))
        real(*args)

    monkeypatch.setattr(codes, "_write_code", meanwhile)
    assert answer(browser, page).status_code == 400
    assert not Consent.objects.exists()


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
        # No transaction is open between two batches, and the rows that are left cannot be used.
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
def test_deletion_in_admin_that_stops_is_recorded_and_can_be_repeated(
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

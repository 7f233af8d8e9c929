"""Revocation of many authorizations in batches, each of which commits with its events."""

from typing import Any

import pytest
from django.db import transaction

from accounts.models import Authorization, Event, User
from accounts.revocation import authorizations
from tests.support.admin.large_acts import ended_events
from tests.support.factories import make_authorization, make_client, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("small_batches")]


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


def test_interrupted_revocation_has_an_event_for_each_that_ended_and_can_be_repeated(
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


def test_rolled_back_revocation_leaves_no_event() -> None:
    ada = make_user("ada")
    for _ in range(5):
        make_authorization(ada, make_client())
    with transaction.atomic():
        authorizations.revoke(Authorization.objects.all(), reason="person")
        transaction.set_rollback(True)
    assert Authorization.objects.live().count() == 5
    assert not Event.objects.filter(kind="revocation").exists()


def test_new_password_ends_all_authorizations_in_batches(person: User, sizes: list[int]) -> None:
    for _ in range(5):
        make_authorization(person, make_client())
    person.set_password("another long password")
    person.save()
    assert not Authorization.objects.live().exists()
    assert sizes == [2, 2, 1]

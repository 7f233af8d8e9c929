"""Summaries of the access that an operator ends: names, numbers, and few queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.admin_base.ending import summary as access_summary
from accounts.admin_base.ending.summary import APP, PERSON, Summary, live_authorizations_of, summarize
from accounts.models import AccessToken, Authorization, Client, User
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db


def claude(**fields: Any) -> Client:
    return make_client(name="Claude", redirect_uris="https://claude.ai/api/callback", **fields)


def of_apps(*clients: Client) -> Summary:
    rows = Client.objects.filter(pk__in=[client.pk for client in clients])
    return summarize(live_authorizations_of(rows, APP), APP, rows)


def connect(*people: User, to: Client) -> None:
    for person in people:
        make_tokens(make_authorization(person, to))


def test_app_is_named_with_its_host_and_numbers_of_people_and_tokens() -> None:
    client, people = claude(), [make_user(name) for name in ("ada", "bob", "cyd")]
    connect(*people, people[0], to=client)
    summary = of_apps(client)
    assert summary.title == "Claude at claude.ai"
    assert summary.sentence == "Claude at claude.ai (3 people, 8 tokens)"
    assert summary.lines[0].names == ["ada", "bob", "cyd"]


def test_what_has_ended_is_not_counted() -> None:
    client, past = claude(), timezone.now() - timedelta(minutes=1)
    make_tokens(make_authorization(make_user(), client, revoked_at=past))
    make_tokens(make_authorization(make_user(), client, expires_at=past))
    authorization = make_authorization(make_user(), client)
    _, superseded, _ = make_tokens(authorization, expires_in=timedelta(minutes=-1))
    superseded.revoked = past
    superseded.save()
    assert of_apps(client).lines[0].counts == "1 person, 0 tokens"


def test_person_is_named_with_their_apps() -> None:
    ada = make_user("ada")
    connect(ada, to=claude())
    connect(ada, to=make_client(name="Cursor"))
    rows = User.objects.filter(pk=ada.pk)
    summary = summarize(live_authorizations_of(rows, PERSON), PERSON, rows)
    assert summary.sentence == "ada (2 apps, 4 tokens)"
    assert summary.lines[0].names == ["Claude at claude.ai", "Cursor at this computer"]


def test_most_used_apps_come_first_and_others_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_summary, "MOST_NAMED", 2)
    monkeypatch.setattr(access_summary, "MOST_IN_MESSAGE", 1)
    clients, people = [claude() for _ in range(4)], [make_user() for _ in range(3)]
    connect(*people, to=clients[3])
    summary = of_apps(*clients)
    assert ([line.others for line in summary.lines], summary.more) == ([3, 0], 2)
    assert summary.title == "4 apps"
    assert summary.sentence == "Claude at claude.ai (3 people, 6 tokens) and 3 more (3 people, 6 tokens in all)"


def test_number_of_queries_does_not_grow_with_the_people() -> None:
    client = claude()
    connect(make_user(), to=client)
    with CaptureQueriesContext(connection) as few:
        of_apps(client)
    connect(*[make_user() for _ in range(30)], to=client)
    with CaptureQueriesContext(connection) as many:
        assert of_apps(client).lines[0].more == 31 - access_summary.MOST_OTHERS
    assert len(many) == len(few)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts the steps of SQLite's virtual machine")
def test_work_grows_no_faster_than_the_tokens() -> None:
    client = claude()
    steps = []
    for added in (50, 150):
        connect(*[make_user() for _ in range(added)], to=client)
        listed = AccessToken.objects.filter(authorization__revoked_at=None, user__is_active=True)
        counted: list[None] = []
        connection.connection.set_progress_handler(lambda counted=counted: counted.append(None), 100)
        try:
            summarize(Authorization.objects.filter(pk__in=listed.values("authorization")), APP)
        finally:
            connection.connection.set_progress_handler(None, 0)
        steps.append(len(counted))
    # With four times the tokens; a scan for each of them would take sixteen times the steps.
    assert steps[1] < 8 * steps[0]

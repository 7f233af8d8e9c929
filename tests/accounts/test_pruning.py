"""`manage.py prune` deletes rows that expired or ended, and keeps all others."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as SignInSession
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Allowance, Event, Grant, RefreshToken
from mcp_api.models import Mail, Session, SpentState
from mcp_api.streams import sessions
from tests.support.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.support.flows import App, sign_in
from tests.support.pruning import event, long_ago, prune

pytestmark = pytest.mark.django_db


def test_events_are_kept_for_as_long_as_was_set(settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    event(31)
    young = event(29)
    assert "events: 1 deleted" in prune()
    assert list(Event.objects.all()) == [young]


def test_events_are_kept_without_an_end_where_that_was_set(settings: Settings) -> None:
    settings.AUDIT_DAYS = 0
    event(10_000)
    assert "events: 0 deleted" in prune()


def test_more_than_a_batch_goes_with_progress(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.pruning.BATCH", 2)
    for _ in range(5):
        event(400)
    assert [line for line in prune("-v", "2").splitlines() if line.startswith("events")] == [
        "events: 2 …",
        "events: 4 …",
        "events: 5 …",
        "events: 5 deleted",
    ]


def test_dry_run_deletes_nothing() -> None:
    event(400)
    assert "events: 1 to delete" in prune("--dry-run")
    assert Event.objects.count() == 1


def test_expired_tokens_and_codes_go_and_live_ones_stay() -> None:
    authorization = make_authorization(make_user(), make_client())
    access, refresh, _ = make_tokens(authorization)
    old_access, old_refresh, _ = make_tokens(authorization, expires_in=-timedelta(days=2))
    RefreshToken.objects.filter(pk=old_refresh.pk).update(created=timezone.now() - timedelta(days=32))
    code, old_code = make_grant(authorization), make_grant(authorization)
    Grant.objects.filter(pk=old_code.pk).update(expires=timezone.now() - timedelta(days=2))
    prune()
    assert [list(model.objects.all()) for model in (AccessToken, RefreshToken, Grant)] == [[access], [refresh], [code]]
    assert old_access.pk != access.pk


def test_login_goes_on_after_its_first_access_token_was_pruned() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=2))
    prune()
    assert not AccessToken.objects.exists()
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_mcp_sessions_that_ended_go() -> None:
    person, client = make_user(), make_client()
    whose = {"user": person, "client": client, "version": "2025-11-25"}
    Session.objects.create(checksum="a", ended_at=timezone.now() - timedelta(days=2), **whose)
    open_one = Session.objects.create(checksum="b", **whose)
    prune()
    assert list(Session.objects.all()) == [open_one]


def test_mcp_sessions_that_were_left_behind_go_and_used_ones_stay() -> None:
    whose = {"user": make_user(), "client": make_client(), "version": "2025-11-25"}
    long_ago(Session.objects.create(checksum="a", **whose), "last_used_at", days=31)
    used = long_ago(Session.objects.create(checksum="b", **whose), "last_used_at", days=2)
    long_ago(used, "created_at")
    prune()
    assert list(Session.objects.all()) == [used]


def test_mcp_session_that_is_used_is_noted_once_a_day() -> None:
    whose = {"user": make_user(), "client": make_client(), "version": "2025-11-25"}
    session = long_ago(Session.objects.create(checksum="a", **whose), "last_used_at", days=31)
    session.refresh_from_db()
    assert sessions.note_use(session)
    prune()
    noted = Session.objects.get()
    assert timezone.now() - noted.last_used_at < timedelta(minutes=1)
    sessions.note_use(noted)
    assert Session.objects.get().last_used_at == noted.last_used_at
    # A session that was pruned while its client sent a request is not noted.
    Session.objects.all().delete()
    assert not sessions.note_use(session)


def test_mail_spent_states_and_sign_ins_are_deleted_once_they_are_over() -> None:
    now = timezone.now()
    long_ago(Mail.objects.create(topic="old", body={}), "posted_at")
    SpentState.objects.create(chain="old", expires_at=now - timedelta(seconds=1))
    SignInSession.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Mail.objects.create(topic="new", body={})
    SpentState.objects.create(chain="new", expires_at=now + timedelta(hours=1))
    SignInSession.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))
    prune()
    assert [each.topic for each in Mail.objects.all()] == ["new"]
    assert [each.chain for each in SpentState.objects.all()] == ["new"]
    assert [each.session_key for each in SignInSession.objects.all()] == ["new"]


def test_allowances_that_are_whole_again_go() -> None:
    now = int(timezone.now().timestamp() * 1_000_000)
    Allowance.objects.create(name="spent", spent_until=now - 1)
    used = Allowance.objects.create(name="used", spent_until=now + 60_000_000)
    prune()
    assert list(Allowance.objects.all()) == [used]

"""`manage.py prune` deletes what nobody needs any more, and nothing else."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Allowance, Event, Grant, RefreshToken
from mcp_api.models import Session
from tests.factories import make_authorization, make_client, make_grant, make_tokens, make_user
from tests.flows import App, sign_in

pytestmark = pytest.mark.django_db


def prune(*arguments: str) -> str:
    printed = StringIO()
    call_command("prune", *arguments, stdout=printed)
    return printed.getvalue()


def event(days: int) -> Event:
    return Event.objects.create(kind="mcp", outcome="ok", at=timezone.now() - timedelta(days=days))


def test_events_are_kept_for_as_long_as_was_set(settings: Settings) -> None:
    settings.AUDIT_DAYS = 30
    event(31)
    young = event(29)
    assert "events: 1 deleted" in prune()
    assert list(Event.objects.all()) == [young]


def test_events_are_kept_for_ever_where_that_was_set(settings: Settings) -> None:
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


def test_allowances_that_are_whole_again_go() -> None:
    now = int(timezone.now().timestamp() * 1_000_000)
    Allowance.objects.create(name="spent", spent_until=now - 1)
    used = Allowance.objects.create(name="used", spent_until=now + 60_000_000)
    prune()
    assert list(Allowance.objects.all()) == [used]

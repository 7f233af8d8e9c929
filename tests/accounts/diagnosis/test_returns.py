"""Clients that come back: they read the metadata again, and refresh their token."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.diagnosis.timeline import recent
from accounts.models import Event
from tests.support.attempts import call, discover, later, steps, the_attempt
from tests.support.factories import make_user
from tests.support.flows import App, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

HOME, AGENT = "127.0.0.1", "claude-code/2"


def newest() -> Any:
    return recent()[0]


@pytest.fixture
def tokens() -> dict[str, Any]:
    """The tokens of an app that connected and was used yesterday."""
    app = App.register()
    tokens = app.connect(sign_in(make_user("ada")))
    call(tokens["access_token"])
    later(days=1)
    return {"app": app, **tokens}


def refresh(tokens: dict[str, Any], agent: str = AGENT) -> dict[str, Any]:
    tokens |= tokens["app"].refresh(tokens["refresh_token"]).json()
    Event.objects.filter(pk=Event.objects.filter(kind="token").latest("pk").pk).update(agent=agent)
    return tokens


def test_client_that_reads_the_metadata_and_refreshes_is_connected(tokens: dict[str, Any]) -> None:
    discover(HOME)
    call(refresh(tokens)["access_token"])
    later(hours=1)
    attempt = newest()
    assert steps(attempt) == ["challenge", "metadata", "metadata", "token", "first call"]
    assert (attempt.state, attempt.explanation, attempt.missing) == ("connected", None, ())
    assert (attempt.client_id, attempt.username) == (tokens["app"].client_id, "ada")


def test_client_that_refreshed_and_made_no_call_has_not_used_its_token(tokens: dict[str, Any]) -> None:
    discover(HOME)
    refresh(tokens)
    later(hours=1)
    assert newest().state == "not used yet"


def test_refused_call_after_a_refresh_is_told(tokens: dict[str, Any]) -> None:
    discover(HOME)
    refresh(tokens)
    refreshed = Event.objects.filter(kind="token").latest("pk")
    Event.objects.create(
        kind="mcp", outcome="refused", reason="-32601", client_id=refreshed.client_id, user_id=refreshed.user_id
    )
    assert newest().state == "refused"


@pytest.mark.parametrize("agent", ["another/1", ""])
def test_refresh_of_another_program_does_not_count(tokens: dict[str, Any], agent: str) -> None:
    discover(HOME)
    refresh(tokens, agent)
    later(hours=1)
    assert newest().state == "stopped"


def test_refresh_long_after_does_not_count(tokens: dict[str, Any]) -> None:
    discover(HOME)
    later(hours=2)
    refresh(tokens)
    assert newest().state == "stopped"


def test_advice_for_metadata_that_was_read_in_vain_names_clients_that_are_connected() -> None:
    discover(HOME)
    later(hours=1)
    attempt = the_attempt()
    assert attempt.explanation is not None
    assert attempt.explanation.remedy.startswith("Nothing, if the app works")


def test_number_of_queries_does_not_grow_with_the_attempts() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            recent()
        return len(captured)

    def read(number: int) -> None:
        for each in range(number):
            given = {"outcome": "ok", "address": f"192.0.2.{each}", "agent": AGENT, "at": timezone.now()}
            Event.objects.create(kind="metadata", **given)
            Event.objects.create(kind="token", action="refresh_token", client_id=f"c{each}", **given)

    read(3)
    few = queries()
    Event.objects.update(at=timezone.now() - timedelta(days=1))
    read(30)
    assert queries() == few
    assert len(recent()) == 33

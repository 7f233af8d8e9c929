"""Clients that come back: they refresh their token, or get one by themselves after a refusal."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.diagnosis.timeline import recent
from accounts.models import Event
from tests.support.attempts import call, discover, later, steps, the_attempt
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.machines import make_machine
from tests.support.oauth.trusted_issuers import Signer, list_subject, present, trust

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


def test_machine_that_was_refused_and_then_got_a_token_is_connected() -> None:
    machine = make_machine()
    machine.ask(client_secret="wrong")
    assert the_attempt().state == "refused"
    token = machine.token()["access_token"]
    assert the_attempt().state == "under way"
    call(token)
    attempt = the_attempt()
    assert (attempt.state, steps(attempt)) == ("connected", ["token", "token", "first call"])


def test_machine_that_is_refused_again_is_refused() -> None:
    machine = make_machine()
    machine.ask(client_secret="wrong")
    call(machine.token()["access_token"])
    machine.ask(client_secret="wrong")
    assert the_attempt().state == "refused"


def test_machine_that_was_never_refused_is_not_listed() -> None:
    call(make_machine().token()["access_token"])
    assert recent() == []


def test_token_of_another_machine_does_not_count() -> None:
    machine, other = make_machine(), make_machine()
    machine.ask(client_secret="wrong")
    call(other.token()["access_token"])
    assert the_attempt().state == "refused"


def test_token_about_somebody_else_does_not_answer_for_an_unknown_subject() -> None:
    app, acme = App.by_hand(), Signer()
    list_subject(trust(acme, app), make_user("ada"))
    present(app, acme.id_jag(app, sub="unknown"))
    call(present(app, acme.id_jag(app)).json()["access_token"])
    assert the_attempt().state == "refused"


def test_token_by_an_assertion_answers_for_the_refusal_before() -> None:
    app, acme = App.by_hand(), Signer()
    list_subject(trust(acme, app), make_user("ada"))
    present(app, acme.id_jag(app, aud="https://other.example"))
    call(present(app, acme.id_jag(app)).json()["access_token"])
    assert the_attempt().state == "connected"


def test_client_that_was_added_by_a_command_is_no_attempt() -> None:
    call_command("create_client", "Nightly", "--as", "robot", "--add-person")
    assert recent() == []


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

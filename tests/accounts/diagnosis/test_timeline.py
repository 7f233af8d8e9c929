"""Attempts to connect, each put together from the events of the audit log."""

import pytest
from django.core.cache import cache

from accounts.diagnosis.timeline import MANAGEMENT, recent
from accounts.models import Event
from tests.support.attempts import HERE, THERE, call, discover, later, steps, the_attempt
from tests.support.factories import make_client, make_user
from tests.support.flows import App, answer, approve, ask, post_token, returned, sign_in
from tests.support.oauth.pkce import VERIFIER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


def test_all_requests_of_a_client_that_connects_are_one_attempt() -> None:
    discover("127.0.0.1")
    app = App.register()
    tokens = app.connect(sign_in(make_user("ada")))
    assert call(tokens["access_token"]).status_code == 200
    # As the program would send it.
    Event.objects.filter(kind__in=["registration", "token", "mcp"]).update(agent="claude-code/2")
    attempt = the_attempt()
    assert steps(attempt) == [
        *("challenge", "metadata", "metadata", "registration", "sign-in", "request", "consent", "token", "first call")
    ]
    assert (attempt.state, attempt.explanation, attempt.missing) == ("connected", None, ())
    assert (attempt.name, attempt.username, attempt.client_id) == ("My Test App", "ada", app.client_id)


def test_connection_of_a_client_with_a_document_is_one_attempt() -> None:
    agent = {"user-agent": "claude-code/2"}
    discover("127.0.0.1")
    app, browser = App.by_hand(), sign_in(make_user("ada"))
    code = approve(browser, app)
    tokens = post_token(
        {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **app.credentials}, **agent
    ).json()
    call(tokens["access_token"])
    attempt = the_attempt()
    assert steps(attempt) == [
        *("challenge", "metadata", "metadata", "sign-in", "request", "consent", "token", "first call")
    ]
    assert attempt.state == "connected"


def test_first_call_is_looked_up_however_much_later_it_came() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    later(days=2)
    assert the_attempt().state == "not used yet"
    call(tokens["access_token"])
    assert the_attempt().state == "connected"


def test_success_after_a_refused_first_call_is_looked_up() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    granted = Event.objects.get(kind="token")
    Event.objects.create(
        kind="mcp", outcome="refused", reason="-32601", client_id=app.client_id, user_id=granted.user_id
    )
    assert the_attempt().state == "refused"
    later(hours=2)
    call(tokens["access_token"])
    assert the_attempt().state == "connected"


def test_administration_of_a_client_is_no_attempt() -> None:
    for action in MANAGEMENT:
        Event.objects.create(kind="registration", outcome="ok", action=action, client_id="added", user_id=1)
    assert recent() == []


def test_later_success_is_not_a_further_attempt() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    for _ in range(3):
        call(tokens["access_token"])
    app.refresh(tokens["refresh_token"])
    assert steps(the_attempt()) == ["registration", "sign-in", "request", "consent", "token", "first call"]


def test_attempts_of_two_programs_at_once_are_kept_apart() -> None:
    one, two = App.register(client_name="One"), App.register(client_name="Two")
    browser = sign_in()
    ask(browser, one), ask(browser, two)
    one.exchange(approve(browser, one))
    assert {attempt.name for attempt in recent()} == {"One", "Two"}
    assert the_attempt(client_id=one.client_id).name == "One"


def test_second_attempt_of_a_client_is_another_one() -> None:
    app, browser = App.register(), sign_in()
    returned(answer(browser, ask(browser, app), "cancel"))
    returned(answer(browser, ask(browser, app)))
    second, first = recent()
    assert (steps(first), first.state) == (["registration", "sign-in", "request", "consent"], "cancelled")
    assert steps(second) == ["request", "consent"]


def test_the_persons_browser_and_the_apps_server_may_have_different_addresses() -> None:
    discover(THERE)
    client = make_client()
    Event.objects.filter(address=THERE).update(client_id=client.client_id)
    ada = make_user("ada")
    Event.objects.create(kind="sign_in", outcome="ok", address=HERE, user_id=ada.pk)
    Event.objects.create(
        kind="authorization",
        outcome="ok",
        action="requested",
        address=HERE,
        client_id=client.client_id,
        user_id=ada.pk,
    )
    assert steps(the_attempt()) == ["challenge", "metadata", "metadata", "sign-in", "request"]


def test_sign_in_alone_is_not_an_attempt() -> None:
    sign_in(make_user())
    assert recent() == []


def test_events_that_are_far_apart_in_time_are_separate_attempts() -> None:
    discover()
    later(hours=1)
    discover()
    cache.clear()
    assert len(recent()) == 2


def test_reading_metadata_again_and_again_leaves_one_event_a_minute() -> None:
    for _ in range(5):
        discover()
    assert Event.objects.filter(kind="metadata").count() == 2
    discover(THERE)
    assert Event.objects.filter(kind="metadata").count() == 4

"""The audit log: one row and one log line for each event, with ids and outcomes and never a secret value."""

import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.audit import events
from accounts.models import Event, User
from tests.support.factories import PASSWORD, make_client, make_event, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="accounts.audit.events")


def test_an_event_is_a_row(person: User) -> None:
    client = make_client(name="My Test App")
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")

    events.record(
        Event.Kind.TOKEN, action="refresh_token", request=request, user=person, client=client, authorization_id=7
    )

    event = Event.objects.get()
    assert (event.kind, event.outcome, event.action, event.authorization_id) == ("token", "ok", "refresh_token", 7)
    assert (event.user_id, event.username) == (person.pk, "ada")
    assert (event.client_id, event.client_name) == (client.client_id, "My Test App")
    assert event.address == "192.0.2.7"


def test_an_event_is_a_line_in_the_log(person: User, caplog: pytest.LogCaptureFixture) -> None:
    event = make_event(
        Event.Kind.MCP, outcome=Event.Outcome.REFUSED, user=person, action="tools/call", reason="nope", duration_ms=0
    )
    [line] = caplog.messages
    assert line == f"mcp refused action='tools/call' reason='nope' user={event.user_id} ms=0"


def test_names_of_people_and_details_stay_out_of_the_log(person: User, caplog: pytest.LogCaptureFixture) -> None:
    events.record(Event.Kind.TOKEN, user=person, client=make_client(name="A name"), detail="In so many words.")
    assert not any(word in caplog.text for word in ("ada", "A name", "In so many words"))


def test_nobody_is_nobody() -> None:
    event = make_event(Event.Kind.AUTHORIZATION, user=AnonymousUser())
    assert (event.user_id, event.username) == (None, "")


def test_nul_becomes_visible_since_postgres_cannot_store_it() -> None:
    events.record(Event.Kind.TOKEN, action="a\x00b", client_id="\x00")
    event = Event.objects.get()
    assert (event.action, event.client_id) == ("a\u2400b", "\u2400")


@pytest.mark.parametrize(
    ("name", "longest"),
    [("action", 128), ("reason", 64), ("detail", 500), ("client_id", 255), ("client_name", 255), ("username", 150)],
)
def test_a_text_that_is_too_long_is_cut(name: str, longest: int) -> None:
    events.record(Event.Kind.TOKEN, **{name: "x" * 10_000})
    assert getattr(Event.objects.get(), name) == "x" * longest


def test_a_hostile_client_id_stays_on_its_line(caplog: pytest.LogCaptureFixture) -> None:
    events.record(Event.Kind.TOKEN, client_id="a\nINFO accounts.audit.events token ok user=1\u2028\x1b[2J")
    [line] = caplog.messages
    assert line.isprintable()


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.7"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (True, None, "192.0.2.7"),
        (True, "nonsense", None),
        (True, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_proxys_word_for_the_address_counts_only_where_it_is_trusted(
    settings: Settings, trusted: bool, forwarded: str | None, address: str | None
) -> None:
    settings.TRUSTED_PROXY = trusted
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers=headers)
    assert make_event(Event.Kind.TOKEN, request=request).address == address


def test_a_sign_in_is_an_event() -> None:
    person = make_user("grace", password=PASSWORD)
    Browser().post(reverse("account_login"), {"login": "grace", "password": PASSWORD})
    event = Event.objects.get(kind=Event.Kind.SIGN_IN)
    assert (event.outcome, event.user_id, event.username) == ("ok", person.pk, "grace")


def test_a_failed_sign_in_is_an_event_without_what_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    """People sometimes type their password into the field for the name."""
    Browser().post(reverse("account_login"), {"login": "my-secret-password", "password": "also-secret"})
    event = Event.objects.get()
    assert (event.kind, event.outcome, event.reason) == ("sign_in", "refused", "wrong_credentials")
    assert (event.user_id, event.username) == (None, "")
    assert "secret" not in str(Event.objects.values().get()) + caplog.text


def test_a_wrong_password_of_an_existing_account_names_its_person() -> None:
    person = make_user("grace", password=PASSWORD)
    existing, unknown = (
        Browser().post(reverse("account_login"), {"login": name, "password": "also-secret"})
        for name in ("grace", "nobody")
    )
    event = Event.objects.order_by("pk")[0]
    assert (event.reason, event.user_id, event.username) == ("wrong_credentials", person.pk, "grace")
    # To a stranger, the account looks like one that does not exist.
    assert existing.context["form"].errors == unknown.context["form"].errors != {}


def test_wrong_passwords_do_not_use_up_the_limit_of_their_person(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "refusals_person": "1/hour"}
    person = make_user("grace")
    for reason in ("wrong_credentials", "wrong_credentials", "wrong_password"):
        events.record("sign_in", outcome="refused", reason=reason, user=person, address="192.0.2.1")
    assert Event.objects.filter(user_id=person.pk).count() == 3
    assert not Event.objects.exclude(detail="").exists()


def test_an_event_reads_as_a_sentence() -> None:
    assert str(make_event(Event.Kind.SIGN_IN)) == "sign-in ok"
    assert str(make_event(Event.Kind.TOKEN, action="refresh_token")) == "token request refresh_token ok"

"""Admin's page of failed connections."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.diagnosis.explanations import EXPLANATIONS
from accounts.diagnosis.timeline import recent
from accounts.models import Event
from tests.support.attempts import HERE, THERE, call, discover, later, steps, the_attempt
from tests.support.factories import make_client, make_user
from tests.support.flows import App, ask, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

PAGE = reverse("admin:accounts_event_attempts")


def test_operator_reads_why_a_client_could_not_connect(admin_client: Browser) -> None:
    app = App.register(client_name="Broken <b>app</b>")
    ask(sign_in(make_user("ada")), app, redirect_uri="https://evil.example.com/")
    page = admin_client.get(PAGE).content.decode()
    assert "Broken &lt;b&gt;app" in page
    assert EXPLANATIONS["mismatching_redirect_uri"].rule[:40] in page
    assert EXPLANATIONS["mismatching_redirect_uri"].remedy[:40] in page


def test_attempts_are_narrowed_to_a_client_and_a_person(admin_client: Browser) -> None:
    ada = make_user("ada")
    one, two = App.register(client_name="One"), App.register(client_name="Two")
    ask(sign_in(ada), one), ask(sign_in(), two)
    page = admin_client.get(PAGE, {"client": one.client_id}).content.decode()
    assert "One" in page
    assert "Two" not in page
    page = admin_client.get(PAGE, {"person": ada.pk}).content.decode()
    assert "Two" not in page
    for nobody in ("x", "", "\x00", "9" * 30):
        assert admin_client.get(PAGE, {"person": nobody}).status_code == 200


def test_many_attempts_take_no_more_queries_than_few(admin_client: Browser) -> None:
    for number in range(5):
        app = App.register(client_name=f"App {number}")
        call(app.connect(sign_in())["access_token"])
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(PAGE).status_code == 200
    assert len(queries) <= 16


def test_only_permission_to_view_the_audit_log_shows_them() -> None:
    browser = Browser()
    browser.force_login(make_user("viewer", is_staff=True))
    assert browser.get(PAGE).status_code == 403


def test_list_looks_at_the_newest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.diagnosis.timeline.MOST_EVENTS", 2)
    for minutes in range(5):
        Event.objects.create(kind="registration", outcome="ok", client_id=str(minutes), at=timezone.now())
    assert len(recent()) == 2


def test_program_that_only_gets_challenges_is_shown_once_with_the_number_of_attempts(admin_client: Browser) -> None:
    scanner = Browser(REMOTE_ADDR=THERE, headers={"User-Agent": "scanner/1"})
    for _ in range(3):
        scanner.post("/mcp", "{}", content_type="application/json")
        later(hours=1)
    discover(HERE)
    attempts = recent()
    assert [(attempt.name, attempt.times) for attempt in attempts] == [("claude-code/2", 1), ("scanner/1", 3)]
    page = admin_client.get(reverse("admin:accounts_event_attempts")).content.decode()
    assert "3 times" in page


def test_app_of_which_only_the_browser_is_known_is_called_by_its_id() -> None:
    Event.objects.create(
        kind="authorization", outcome="refused", reason="unknown_client", client_id="nobody", agent="Mozilla/5.0 (X11)"
    )
    assert the_attempt().name == "nobody"


def test_operator_goes_on_to_the_client_and_the_person(admin_client: Browser) -> None:
    client, person = make_client(), make_user("ada")
    Event.objects.create(
        kind="authorization",
        outcome="refused",
        reason="mismatching_redirect_uri",
        client_id=client.client_id,
        client_name=client.name,
        user_id=person.pk,
        username=person.username,
        address=HERE,
    )
    page = admin_client.get(reverse("admin:accounts_event_attempts")).content.decode()
    assert f"{reverse('admin:accounts_client_changelist')}?q={client.client_id}" in page
    assert reverse("admin:accounts_user_change", args=[person.pk]) in page


def test_sign_in_of_another_person_behind_the_same_address_is_not_part_of_it() -> None:
    ada, bob = make_user("ada"), make_user("bob")
    Event.objects.create(kind="sign_in", outcome="ok", address=HERE, user_id=bob.pk, username="bob")
    Event.objects.create(
        kind="authorization",
        outcome="refused",
        reason="mismatching_redirect_uri",
        client_id="a",
        user_id=ada.pk,
        username="ada",
        address=HERE,
    )
    attempt = the_attempt(user_id=ada.pk)
    assert (steps(attempt), attempt.username) == (["request"], "ada")

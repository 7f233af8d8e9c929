"""Admin's page of failed connections."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.diagnosis.explanations import EXPLANATIONS
from accounts.diagnosis.timeline import recent
from accounts.models import Client, Event, User
from accounts.people.connected_apps import failed_attempts_of
from tests.support.attempts import HERE, THERE, call, discover, later, steps, the_attempt
from tests.support.factories import make_client, make_user
from tests.support.flows import App, answer, ask, returned, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

PAGE = reverse("admin:oauth_mcp_event_attempts")


def test_operator_reads_why_a_client_could_not_connect(admin_client: Browser) -> None:
    app = App.register(client_name="Broken <b>app</b>")
    ask(sign_in(make_user("ada")), app, redirect_uri="https://evil.example.com/")
    page = admin_client.get(PAGE).content.decode()
    assert "Broken &lt;b&gt;app" in page
    assert EXPLANATIONS["mismatching_redirect_uri"].rule[:40] in page
    assert EXPLANATIONS["mismatching_redirect_uri"].remedy[:40] in page


def test_first_call_on_another_day_is_shown_with_its_date(admin_client: Browser) -> None:
    tokens = App.register().connect(sign_in())
    later(days=2)
    call(tokens["access_token"])
    page, today = admin_client.get(PAGE).text, timezone.localtime().strftime("%Y-%m-%d")
    assert re.findall(r"<time>([\d-]+) [\d:]+</time>", page) == [today]


def test_attempts_are_found_by_the_host_of_the_app(admin_client: Browser) -> None:
    for host in ("evil-login.example", "good.example"):
        ask(sign_in(), App.register(client_name="Claude", redirect_uris=[f"https://{host}/cb"]), code_challenge=None)
    [found] = admin_client.get(PAGE, {"q": "evil-login"}).context["attempts"]
    assert Client.objects.get(client_id=found.client_id).hosts == {"evil-login.example"}


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
    page = admin_client.get(reverse("admin:oauth_mcp_event_attempts")).content.decode()
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
    page = admin_client.get(reverse("admin:oauth_mcp_event_attempts")).content.decode()
    assert f"{reverse('admin:oauth_mcp_client_changelist')}?q={client.client_id}" in page
    assert reverse("admin:oauth_mcp_user_change", args=[person.pk]) in page


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


class TestSearch:
    @pytest.fixture
    def failed(self) -> None:
        for name, address in (("ada", HERE), ("bob", THERE)):
            Event.objects.create(
                kind="authorization",
                outcome="refused",
                reason="mismatching_redirect_uri",
                # Not a random one, which may hold what is looked for.
                client_id=make_client(name=f"App of {name}", client_id=f"client-of-{name}").client_id,
                user_id=make_user(name, email=f"{name}@example.com").pk,
                username=name,
                address=address,
            )

    @pytest.mark.parametrize("term", ["ada", "AD", "ada@example.com", "app of ada", HERE, f" {HERE} "])
    def test_person_app_and_address_are_found(self, admin_client: Browser, failed: None, term: str) -> None:
        attempts = admin_client.get(PAGE, {"q": term}).context["attempts"]
        assert [attempt.username for attempt in attempts] == ["ada"]

    def test_reason_is_found(self, admin_client: Browser, failed: None) -> None:
        page = admin_client.get(PAGE, {"q": "mismatching_redirect_uri"})
        assert len(page.context["attempts"]) == 2

    @pytest.mark.parametrize("term", ["nobody", "%", "\x00", "x" * 300])
    def test_what_matches_nothing_finds_nothing(self, admin_client: Browser, failed: None, term: str) -> None:
        page = admin_client.get(PAGE, {"q": term})
        assert (page.status_code, page.context["attempts"]) == (200, [])
        assert "No attempts match." in page.text

    def test_found_attempt_has_all_of_its_steps(self, admin_client: Browser) -> None:
        app = App.register(client_name="Mine")
        call(app.connect(sign_in(make_user("ada")))["access_token"])
        [attempt] = admin_client.get(PAGE, {"q": "ada"}).context["attempts"]
        assert steps(attempt) == ["registration", "sign-in", "request", "consent", "token", "first call"]

    def test_attempts_until_a_day_are_found(self, admin_client: Browser, failed: None) -> None:
        later(days=3)
        discover()
        today = timezone.localdate()
        assert len(admin_client.get(PAGE, {"until": today.isoformat()}).context["attempts"]) == 3
        before = today - timedelta(days=1)
        assert len(admin_client.get(PAGE, {"until": before.isoformat()}).context["attempts"]) == 2

    @pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "9999-12-31", "0001-01-01"])
    def test_impossible_day_is_no_server_error(self, admin_client: Browser, failed: None, day: str) -> None:
        assert admin_client.get(PAGE, {"until": day}).status_code == 200


class TestFilters:
    @pytest.fixture(autouse=True)
    def attempts(self) -> None:
        call(App.register(client_name="Good").connect(sign_in(make_user("ada")))["access_token"])
        cancelled, browser = App.register(client_name="Unwanted"), sign_in(make_user("bob"))
        returned(answer(browser, ask(browser, cancelled), "cancel"))
        ask(sign_in(make_user("cyd")), App.register(client_name="Broken"), code_challenge=None)

    @pytest.mark.parametrize(
        ("state", "names"),
        [
            ("", ["Broken", "Unwanted", "Good"]),
            ("failed", ["Broken"]),
            ("connected", ["Good"]),
            ("cancelled", ["Unwanted"]),
            ("under way", []),
            ("nonsense", ["Broken", "Unwanted", "Good"]),
        ],
    )
    def test_attempts_are_filtered_by_state(self, admin_client: Browser, state: str, names: list[str]) -> None:
        page = admin_client.get(PAGE, {"state": state})
        assert [attempt.name for attempt in page.context["attempts"]] == names
        assert [(each["label"], each["count"]) for each in page.context["filters"]] == [
            *(("All", 3), ("Failed", 1), ("Connected", 1)),
            *(("Not used yet", 0), ("Cancelled", 1), ("Under way", 0)),
        ]

    def test_only_failures_are_unfolded(self, admin_client: Browser) -> None:
        assert admin_client.get(PAGE).text.count("<details open>") == 1

    def test_person_who_cancelled_is_shown_no_failure(self) -> None:
        bob = User.objects.get(username="bob")
        assert failed_attempts_of(bob) == []

    def test_pages_keep_the_search_and_the_filter(self, admin_client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("accounts.admin.attempts.PER_PAGE", 1)
        page = admin_client.get(PAGE, {"q": "o", "state": ""})
        assert "Page 1 of" in page.text
        assert "?q=o&amp;state=&amp;p=2" in page.text
        assert [attempt.name for attempt in admin_client.get(PAGE, {"p": "3"}).context["attempts"]] == ["Good"]
        assert admin_client.get(PAGE, {"p": "x"}).status_code == 200


def test_repeated_refusals_are_one_with_their_number(admin_client: Browser) -> None:
    app, browser = App.register(client_name="Broken"), sign_in(make_user("ada"))
    for _ in range(3):
        ask(browser, app, code_challenge=None)
    assert the_attempt().times == 3
    assert "3 times, newest shown" in admin_client.get(PAGE).text

"""Each attempt to connect is put together from the trail, with the step that refused, why, and what to do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.diagnosis.attempt import Attempt
from accounts.diagnosis.explanations import EXPLANATIONS, UNKNOWN
from accounts.diagnosis.timeline import recent
from accounts.models import Client, Event
from tests.support.factories import make_client, make_user
from tests.support.flows import App, answer, approve, ask, register, returned, sign_in

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def forgotten() -> None:
    cache.clear()


def discover(address: str = HERE, agent: str = "claude-code/2") -> Browser:
    """A program that has no token yet, and reads what there is to read."""
    program = Browser(REMOTE_ADDR=address, headers={"User-Agent": agent})
    program.post("/mcp", "{}", content_type="application/json")
    program.get("/.well-known/oauth-protected-resource/mcp")
    program.get("/.well-known/oauth-authorization-server")
    return program


def call(token: str) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return Browser().post("/mcp", body, content_type="application/json", headers=headers)


def the_attempt(**of: Any) -> Attempt:
    [attempt] = recent(**of)
    return attempt


def steps(attempt: Attempt) -> list[str]:
    return [step.name for step in attempt.steps]


def later(**by: float) -> None:
    """Let time pass: everything so far happened that much earlier."""
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(at=event.at - timedelta(**by))


# --- Put together --------------------------------------------------------------------------------


def test_way_of_a_client_that_connects_is_one_attempt() -> None:
    discover("127.0.0.1")
    app = App.register()
    tokens = app.connect(sign_in(make_user("ada")))
    assert call(tokens["access_token"]).status_code == 200
    attempt = the_attempt()
    assert steps(attempt) == [
        *("challenge", "metadata", "metadata", "registration", "request", "consent", "token", "first call")
    ]
    assert (attempt.state, attempt.explanation, attempt.missing) == ("connected", None, ())
    assert (attempt.name, attempt.username, attempt.client_id) == ("My Test App", "ada", app.client_id)


def test_what_goes_well_afterwards_is_no_further_attempt() -> None:
    app = App.register()
    tokens = app.connect(sign_in())
    for _ in range(3):
        call(tokens["access_token"])
    app.refresh(tokens["refresh_token"])
    assert steps(the_attempt()) == ["registration", "request", "consent", "token", "first call"]


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
    assert (steps(first), first.state) == (["registration", "request", "consent"], "refused")
    assert steps(second) == ["request", "consent"]


def test_persons_own_browser_may_be_elsewhere_than_the_apps_servers() -> None:
    discover(THERE)
    client = make_client()
    Event.objects.filter(address=THERE).update(client_id=client.client_id)
    Event.objects.create(kind="sign_in", outcome="ok", address=HERE, username="ada")
    Event.objects.create(
        kind="authorization", outcome="ok", action="requested", address=HERE, client_id=client.client_id
    )
    assert steps(the_attempt()) == ["challenge", "metadata", "metadata", "sign-in", "request"]


def test_somebody_who_only_signs_in_connects_nothing() -> None:
    sign_in(make_user())
    assert recent() == []


def test_what_is_far_apart_in_time_does_not_belong_together() -> None:
    discover()
    later(hours=1)
    discover()
    cache.clear()
    assert len(recent()) == 2


# --- Explained -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "reason", "stopped_at"),
    [
        ({"redirect_uri": "https://evil.example.com/"}, "mismatching_redirect_uri", "request"),
        ({"code_challenge": None}, "pkce_required", "request"),
        ({"code_challenge_method": "plain"}, "pkce_required", "request"),
        ({"resource": "https://other.example.com/mcp"}, "invalid_target", "request"),
        ({"response_type": "token"}, "unsupported_response_type", "request"),
        ({"client_id": "unknown"}, "unknown_client", "request"),
    ],
)
def test_request_that_is_refused_says_which_rule_and_what_to_do(
    spoil: dict[str, Any], reason: str, stopped_at: str
) -> None:
    app = App.register()
    ask(sign_in(), app, **spoil)
    attempt = recent()[0]
    assert (attempt.state, attempt.last.name, attempt.last.event.reason) == ("refused", stopped_at, reason)
    assert attempt.explanation == EXPLANATIONS[reason]


def test_client_that_waits_for_review_is_told_apart() -> None:
    app = App.register()
    Client.objects.update(approved_at=None)
    ask(sign_in(), app)
    attempt = recent()[0]
    assert attempt.last.event.reason == "client_awaits_review"
    assert attempt.explanation is not None
    assert "Approve the client in admin" in attempt.explanation.remedy


def test_registration_that_is_refused_is_explained() -> None:
    register(redirect_uris=["http://example.com/callback"])
    attempt = the_attempt()
    assert (attempt.last.name, attempt.explanation) == ("registration", EXPLANATIONS["invalid_redirect_uri"])


def test_code_that_is_exchanged_with_a_wrong_secret_is_explained() -> None:
    app = App.register()
    code = approve(sign_in(), app)
    app.exchange(code, client_secret="wrong")
    attempt = the_attempt()
    assert (attempt.last.name, attempt.explanation) == ("token", EXPLANATIONS["invalid_client"])


def test_tool_that_fails_was_reached() -> None:
    app = App.register()
    app.connect(sign_in())
    Event.objects.create(kind="mcp", outcome="failed", reason="tool_error", client_id=app.client_id)
    Event.objects.create(kind="mcp", outcome="failed", reason="tool_error", client_id="another")
    assert the_attempt().state == "connected"


def test_token_that_expired_is_no_failure_to_connect() -> None:
    Event.objects.create(kind="mcp", outcome="refused", reason="expired_token", client_id="any")
    assert recent() == []


def test_persons_attempt_has_its_clients_registration() -> None:
    person = make_user()
    ask(sign_in(person), App.register(client_name="Mine"), code_challenge=None)
    attempt = the_attempt(user_id=person.pk)
    assert (attempt.name, steps(attempt)) == ("Mine", ["registration", "request"])


def test_refusal_that_was_made_up_for_is_none() -> None:
    app = App.register()
    code = approve(sign_in(), app)
    app.exchange(code, client_secret="wrong")
    call(app.exchange(code).json()["access_token"])
    assert the_attempt().state == "connected"


def test_client_that_never_comes_for_its_token_is_told_from_one_that_is_under_way() -> None:
    app = App.register()
    approve(sign_in(), app)
    attempt = the_attempt()
    assert (attempt.state, attempt.missing) == ("under way", ("token", "first call"))
    later(minutes=11)
    attempt = the_attempt()
    assert attempt.state == "stopped"
    assert attempt.explanation is not None
    assert "did not request its token" in attempt.explanation.rule


def test_program_that_stops_after_the_challenge_is_there_by_its_own_name() -> None:
    Browser(REMOTE_ADDR=HERE, headers={"User-Agent": "curl/8"}).post("/mcp", "{}", content_type="application/json")
    later(minutes=11)
    attempt = the_attempt()
    assert (attempt.name, attempt.addresses, attempt.state) == ("curl/8", [HERE], "stopped")


def test_whatever_the_server_may_refuse_with_has_its_explanation() -> None:
    """Reasons are written where things are refused: whoever adds one there is reminded to explain it."""
    from pathlib import Path

    written: set[str] = set()
    for path in (*Path("accounts").rglob("*.py"), *Path("mcp_api").rglob("*.py")):
        text = path.read_text()
        written |= set(re.findall(r'InvalidToken\("(\w+)"', text)) | set(re.findall(r'reason="(\w+)"', text))
        written |= set(re.findall(r'return "(\w+_\w+)", "[A-Z]', text))
    not_refusals = {
        "all_revoked",
        "input_required",
        "operator",
        "person",
        "code_reused",
        "refresh_token_reused",
        "client_revoked",
        "client_deleted",
        "too_many",
    }
    failures = {"cancelled", "defect", "timeout"}
    assert written - not_refusals - failures - set(EXPLANATIONS) == set()
    assert UNKNOWN not in EXPLANATIONS.values()


# --- Metadata that is read -----------------------------------------------------------------------


def test_reading_metadata_again_and_again_leaves_one_event_a_minute() -> None:
    for _ in range(5):
        discover()
    assert Event.objects.filter(kind="metadata").count() == 2
    discover(THERE)
    assert Event.objects.filter(kind="metadata").count() == 4


# --- In admin ------------------------------------------------------------------------------------

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


def test_they_take_few_queries_however_many_there_are(admin_client: Browser) -> None:
    for number in range(5):
        app = App.register(client_name=f"App {number}")
        call(app.connect(sign_in())["access_token"])
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(PAGE).status_code == 200
    assert len(queries) <= 16


def test_only_who_may_see_the_trail_reads_them() -> None:
    browser = Browser()
    browser.force_login(make_user("viewer", is_staff=True))
    assert browser.get(PAGE).status_code == 403


def test_list_looks_at_the_newest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.diagnosis.timeline.MOST_EVENTS", 2)
    for minutes in range(5):
        Event.objects.create(kind="registration", outcome="ok", client_id=str(minutes), at=timezone.now())
    assert len(recent()) == 2


def test_program_that_only_knocks_is_told_once_with_how_often_it_came(admin_client: Browser) -> None:
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


def test_sign_in_of_somebody_else_behind_the_same_address_is_no_part_of_it() -> None:
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

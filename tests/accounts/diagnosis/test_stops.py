"""Explanations of a stopped app, for operators: who stopped it, when, and what to do."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.diagnosis.stops import stops_of
from accounts.models import Client, Event
from tests.support.admin.pages import press, text_of, url
from tests.support.admin.staff import browser_of
from tests.support.attempts import call
from tests.support.factories import make_user
from tests.support.flows import App, ask, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

ATTEMPTS = reverse("admin:oauth_mcp_event_attempts")
SUPPORT = reverse("admin:oauth_mcp_user_support")
AGAIN = "connect again in the app"


@pytest.fixture
def grace() -> Browser:
    return browser_of(make_user("grace", is_staff=True, is_superuser=True))


@pytest.fixture
def app() -> App:
    return App.register(client_name="Nosy: Suspended at noon")


def stopped_by_grace(at: object) -> str:
    return f"Access of this app was stopped by grace on {timezone.localtime(at):%Y-%m-%d at %H:%M}."  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["suspend", "suspend_and_revoke"])
def test_support_says_who_stopped_an_app_and_when_and_how_to_reinstate_it(grace: Browser, app: App, what: str) -> None:
    tokens = app.connect(sign_in(make_user("ada")))
    press(grace, app.row, "stop", what=what)
    call(tokens["access_token"])
    app.refresh(tokens["refresh_token"])
    ask(sign_in(), app)
    page = grace.get(SUPPORT, {"app": app.row.pk})
    stopped = stopped_by_grace(app.row.suspended_at)
    assert stopped in page.text
    assert "choose Reinstate" in page.text
    failures = page.context["failures"]
    assert {failure.explanation.rule for failure in failures} == {stopped}
    assert len(failures) >= 2
    assert AGAIN not in " ".join(failure.explanation.remedy for failure in failures)
    for address in (ATTEMPTS, f"{ATTEMPTS}?q=Nosy"):
        attempts = grace.get(address).context["attempts"]
        assert {attempt.explanation.rule for attempt in attempts if attempt.is_failed} == {stopped}


def test_event_of_a_stopped_app_says_so(grace: Browser, app: App) -> None:
    tokens = app.connect(sign_in())
    press(grace, app.row, "stop", what="suspend_and_revoke")
    call(tokens["access_token"])
    refused = Event.objects.get(kind="mcp", outcome="refused")
    page = text_of(grace.get(url("event_change", refused.pk)))
    assert stopped_by_grace(app.row.suspended_at) in page
    assert AGAIN not in page


def test_failure_before_the_stop_keeps_its_rule_but_not_the_advice_to_try_again(grace: Browser, app: App) -> None:
    ask(sign_in(make_user("ada")), app, code_challenge=None)
    press(grace, app.row, "stop", what="suspend")
    [failure] = grace.get(SUPPORT, {"app": app.row.pk}).context["failures"]
    assert failure.explanation.rule.startswith("PKCE with S256")
    assert "choose Reinstate" in failure.explanation.remedy


def test_app_that_is_blocked_with_its_domain_names_the_operator(grace: Browser) -> None:
    app = App.register(redirect_uris=["https://evil.example/cb"])
    page = grace.post(url("client_block", app.row.pk), {"host": "evil.example"})
    grace.post(url("client_block", app.row.pk), {"host": "evil.example", "shown": page.context["shown"]})
    assert stops_of([app.client_id])[app.client_id].by == "grace"


def test_reinstated_app_has_the_ordinary_explanations(grace: Browser, app: App) -> None:
    press(grace, app.row, "stop", what="suspend")
    ask(sign_in(), app)
    press(grace, app.row, "reinstate")
    page = grace.get(SUPPORT, {"app": app.row.pk})
    assert "Access of this app was stopped" not in page.text
    assert stops_of([app.client_id]) == {}


def test_operator_of_an_earlier_change_is_not_named(grace: Browser, app: App) -> None:
    press(grace, app.row, "require_dpop")
    Event.objects.update(at=timezone.now() - timedelta(days=1))
    Client.objects.update(suspended_at=timezone.now())
    assert stops_of([app.client_id])[app.client_id].by == ""
    assert "Access of this app was stopped on " in text_of(grace.get(SUPPORT, {"app": app.row.pk}))


def test_person_is_not_told_who_stopped_an_app(grace: Browser, app: App) -> None:
    ada = sign_in(make_user("ada"))
    press(grace, app.row, "stop", what="suspend")
    ask(ada, app)
    assert "grace" not in ada.get(reverse("oauth_mcp:connected_apps")).text


class TestLastUse:
    """The last use that was allowed: a refused call is none."""

    @pytest.fixture
    def used(self, grace: Browser, app: App) -> App:
        tokens = app.connect(sign_in(make_user("ada")))
        call(tokens["access_token"])
        Event.objects.filter(kind="mcp").update(at=timezone.now() - timedelta(days=3))
        press(grace, app.row, "stop", what="suspend")
        call(tokens["access_token"])
        assert Event.objects.filter(kind="mcp", outcome="refused").exists()
        return app

    def test_does_not_move_with_refused_calls_in_support(self, grace: Browser, used: App) -> None:
        [(connection, _)] = grace.get(SUPPORT, {"app": used.row.pk}).context["connections"]
        assert connection.last_used == Event.objects.filter(kind="mcp", outcome="ok").get().at

    def test_does_not_move_with_refused_calls_on_the_page_and_in_the_list(self, grace: Browser, used: App) -> None:
        day = f"{timezone.localtime() - timedelta(days=3):%Y-%m-%d}"
        page = grace.get(url("client_change", used.row.pk))
        assert str(page.context["original"].last_used_at.date()) == day
        [row] = grace.get(url("client_changelist")).context["cl"].result_list
        assert str(row.last_used_at.date()) == day

    def test_includes_a_call_whose_tool_failed(self, grace: Browser, used: App) -> None:
        last = Event.objects.filter(kind="mcp", outcome="ok").get()
        failed = Event.objects.create(
            kind="mcp", outcome="failed", client_id=last.client_id, user_id=last.user_id, at=timezone.now()
        )
        [(connection, _)] = grace.get(SUPPORT, {"app": used.row.pk}).context["connections"]
        assert connection.last_used == failed.at

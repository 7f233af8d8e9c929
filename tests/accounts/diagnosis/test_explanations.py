"""Explanations of why a client could not connect, and of what to do."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.diagnosis.explanations import EXPLANATIONS, UNKNOWN
from accounts.diagnosis.timeline import recent
from accounts.models import Client, Event
from tests.conftest import PROJECT
from tests.support.attempts import HERE, call, later, steps, the_attempt
from tests.support.factories import make_user
from tests.support.flows import App, approve, ask, register, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


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
def test_refused_request_is_explained_by_its_rule_and_what_to_do(
    spoil: dict[str, Any], reason: str, stopped_at: str
) -> None:
    app = App.register()
    ask(sign_in(), app, **spoil)
    attempt = recent()[0]
    assert (attempt.state, attempt.last.name, attempt.last.event.reason) == ("refused", stopped_at, reason)
    assert attempt.explanation == EXPLANATIONS[reason]


def test_client_that_waits_for_review_has_an_explanation_of_its_own() -> None:
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


def test_expired_token_is_not_a_failed_connection() -> None:
    Event.objects.create(kind="mcp", outcome="refused", reason="expired_token", client_id="any")
    assert recent() == []


def test_persons_attempt_has_its_clients_registration() -> None:
    person = make_user()
    ask(sign_in(person), App.register(client_name="Mine"), code_challenge=None)
    attempt = the_attempt(user_id=person.pk)
    assert (attempt.name, steps(attempt)) == ("Mine", ["sign-in", "registration", "request"])


def test_refusal_before_a_success_is_not_a_failed_connection() -> None:
    app = App.register()
    code = approve(sign_in(), app)
    app.exchange(code, client_secret="wrong")
    call(app.exchange(code).json()["access_token"])
    assert the_attempt().state == "connected"


def test_client_that_never_requests_its_token_is_distinguished_from_one_in_progress() -> None:
    app = App.register()
    approve(sign_in(), app)
    attempt = the_attempt()
    assert (attempt.state, attempt.missing) == ("under way", ("token", "first call"))
    later(minutes=11)
    attempt = the_attempt()
    assert attempt.state == "stopped"
    assert attempt.explanation is not None
    assert "did not request its token" in attempt.explanation.rule


def test_program_that_stops_after_the_challenge_is_shown_by_its_own_name() -> None:
    Browser(REMOTE_ADDR=HERE, headers={"User-Agent": "curl/8"}).post("/mcp", "{}", content_type="application/json")
    later(minutes=11)
    attempt = the_attempt()
    assert (attempt.name, attempt.addresses, attempt.state) == ("curl/8", [HERE], "stopped")


def test_each_reason_of_a_refusal_has_an_explanation() -> None:
    """Reasons stand beside the code that refuses; this fails for a new reason without an explanation."""
    written: set[str] = set()
    for path in (*(PROJECT / "accounts").rglob("*.py"), *(PROJECT / "mcp_api").rglob("*.py")):
        text = path.read_text()
        written |= set(re.findall(r'InvalidToken\("(\w+)"', text)) | set(re.findall(r'reason="(\w+)"', text))
        written |= set(re.findall(r'return "(\w+_\w+)", "[A-Z]', text))
    not_refusals = {
        "all_revoked",
        "input_required",
        "task_created",
        "operator",
        "person",
        "code_reused",
        "refresh_token_reused",
        "client_revoked",
        "client_deleted",
        "too_many",
    }
    assert written
    failures = {"cancelled"}
    assert written - not_refusals - failures - set(EXPLANATIONS) == set()
    assert UNKNOWN not in EXPLANATIONS.values()

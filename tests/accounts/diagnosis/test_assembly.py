"""Grouping of events into attempts: by client and person, and by program; never by an address alone."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.diagnosis.assembly import assemble
from accounts.diagnosis.attempt import Attempt, Step
from accounts.models import Event
from tests.support.attempts import HERE, THERE, steps

pytestmark = pytest.mark.any_database

CHROME, CLAUDE_CODE = "Mozilla/5.0 (X11) Chrome/140", "claude-code/2"
# A client with a document, which a whole office uses from one address, and a client of one installation.
SHARED, OWN = "https://claude.ai/client.json", "registered"
ADA, BOB = 1, 2


class Log:
    """An audit log in memory, with a second between two events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, kind: str, reason: str = "", *, by: int | None = None, **fields: Any) -> "Log":
        pk = len(self.events) + 1
        outcome = Event.Outcome.REFUSED if reason else Event.Outcome.OK
        at = f"2026-11-27T10:{pk // 60:02}:{pk % 60:02}+00:00"
        given = {"address": HERE, "agent": CLAUDE_CODE, "user_id": by, "reason": reason, **fields}
        event = Event(pk=pk, kind=kind, outcome=outcome, **given)
        event.at = Event._meta.get_field("at").to_python(at)
        self.events.append(event)
        return self

    def discovery(self, **fields: Any) -> "Log":
        return self.add("mcp", "missing_token", **fields).add("metadata", **fields)

    def sign_in(self, by: int | None, reason: str = "", **fields: Any) -> "Log":
        return self.add("sign_in", reason, by=by, agent=CHROME, **fields)

    def request(self, by: int | None, reason: str = "", *, client: str = SHARED, action: str = "requested") -> "Log":
        return self.add("authorization", reason, by=by, agent=CHROME, client_id=client, action=action)

    def approval(self, by: int, *, client: str = SHARED) -> "Log":
        return self.request(by, client=client, action="approved")

    def token(self, by: int | None, reason: str = "", *, client: str = SHARED) -> "Log":
        return self.add("token", reason, by=by, client_id=client, action="authorization_code")

    def call(self, by: int, *, client: str = SHARED) -> "Log":
        return self.add("mcp", by=by, client_id=client)

    @property
    def attempts(self) -> list[Attempt]:
        return assemble(self.events)

    @property
    def told(self) -> list[tuple[int | None, str, str]]:
        return [(attempt.user_id, attempt.last.name, attempt.state) for attempt in self.attempts]


def test_two_people_of_an_office_connect_the_same_client_at_once() -> None:
    log = Log().sign_in(ADA).sign_in(BOB).request(ADA).request(BOB).approval(ADA).approval(BOB)
    log.token(BOB).token(ADA).call(ADA).call(BOB)
    walked = ["sign-in", "request", "consent", "token", "first call"]
    assert [(attempt.user_id, steps(attempt)) for attempt in log.attempts] == [(ADA, walked), (BOB, walked)]


def test_failure_of_one_person_is_not_the_other_ones_behind_the_same_address() -> None:
    log = Log().request(ADA).request(BOB, "invalid_target").approval(ADA).token(ADA).call(ADA)
    assert log.told == [(ADA, "first call", "connected"), (BOB, "request", "refused")]


def test_failure_before_a_sign_in_is_not_that_of_a_person_with_the_same_client_and_address() -> None:
    log = Log().request(ADA).request(None, "mismatching_redirect_uri").approval(ADA)
    assert [(attempt.user_id, steps(attempt)) for attempt in log.attempts] == [
        (ADA, ["request", "consent"]),
        (None, ["request"]),
    ]


def test_wrong_password_at_an_address_belongs_to_no_attempt() -> None:
    log = Log().sign_in(None, "wrong_credentials").sign_in(ADA).request(ADA)
    assert [steps(attempt) for attempt in log.attempts] == [["sign-in", "request"]]


def test_wrong_password_of_a_person_belongs_to_their_sign_in_from_the_same_address() -> None:
    log = Log().sign_in(ADA, "wrong_credentials").sign_in(ADA, "wrong_credentials", address=THERE).sign_in(ADA)
    strangers, theirs = log.request(ADA).attempts
    assert steps(theirs) == ["sign-in", "sign-in", "request"]
    assert (strangers.name, strangers.addresses, strangers.state) == ("Sign-in", [THERE], "refused")


def test_request_from_another_address_follows_the_sign_in_that_succeeded() -> None:
    log = Log().sign_in(ADA, address=THERE).sign_in(ADA, "wrong_credentials", address="203.0.113.5")
    assert [steps(attempt) for attempt in log.request(ADA).attempts] == [["sign-in"], ["sign-in", "request"]]


def test_refused_second_factor_of_a_known_person_is_theirs_alone() -> None:
    log = Log().sign_in(BOB, "wrong_second_factor").sign_in(ADA).request(ADA)
    bobs, adas = log.attempts
    assert (bobs.name, bobs.user_id, bobs.state, bobs.missing) == ("Sign-in", BOB, "refused", ())
    assert steps(adas) == ["sign-in", "request"]


def test_registration_continues_the_discovery_of_the_same_program() -> None:
    log = Log().discovery().add("registration", client_id=OWN).request(ADA, client=OWN)
    assert [steps(attempt) for attempt in log.attempts] == [["challenge", "metadata", "registration", "request"]]


@pytest.mark.parametrize("other", [{"agent": "cursor/1"}, {"agent": ""}, {"address": THERE}])
def test_registration_does_not_continue_the_discovery_of_another_program(other: dict[str, Any]) -> None:
    log = Log().discovery().add("registration", client_id=OWN, **other)
    assert [steps(attempt) for attempt in log.attempts] == [["challenge", "metadata"], ["registration"]]


def test_programs_without_a_user_agent_are_not_taken_for_one() -> None:
    log = Log().add("metadata", agent="").add("registration", "invalid_redirect_uri", agent="")
    assert [steps(attempt) for attempt in log.attempts] == [["metadata"], ["registration"]]


def test_client_with_a_document_is_known_only_at_its_token_and_takes_its_discovery_along() -> None:
    log = Log().discovery().request(ADA).approval(ADA).token(ADA).call(ADA)
    assert [steps(attempt) for attempt in log.attempts] == [
        ["challenge", "metadata", "request", "consent", "token", "first call"]
    ]


def test_first_call_days_later_belongs_to_the_token() -> None:
    log = Log().request(ADA).approval(ADA).token(ADA)
    log.call(ADA).events[-1].at += timedelta(days=3)
    assert log.told == [(ADA, "first call", "connected")]


def test_late_call_belongs_to_the_token_of_its_authorization() -> None:
    log = Log()
    for authorization in (1, 2):
        log.request(ADA).add("token", by=ADA, client_id=SHARED, authorization_id=authorization)
    log.add("mcp", by=ADA, client_id=SHARED, authorization_id=1).events[-1].at += timedelta(days=3)
    assert [attempt.is_connected for attempt in log.attempts] == [True, False]


def test_late_call_of_one_person_does_not_connect_another() -> None:
    log = Log().token(ADA).token(BOB)
    log.call(BOB).events[-1].at += timedelta(days=3)
    assert [(attempt.user_id, attempt.is_connected) for attempt in log.attempts] == [(ADA, False), (BOB, True)]


@pytest.mark.parametrize("step", ["registration", "token"])
def test_registration_or_token_that_was_not_used_yet_is_no_failure(step: str) -> None:
    [attempt] = Log().add(step, client_id=OWN).attempts
    assert (attempt.state, attempt.is_failed) == ("not used yet", False)
    assert attempt.explanation is not None


def test_metadata_that_a_known_program_reads_again_is_no_attempt() -> None:
    log = Log().discovery().add("registration", client_id=OWN).request(ADA, client=OWN).add("metadata")
    assert log.told == [(ADA, "request", log.attempts[0].state)]


def test_token_that_names_no_person_belongs_to_the_only_one_who_connects_the_client() -> None:
    log = Log().request(ADA).approval(ADA).token(None, "invalid_grant")
    assert log.told == [(ADA, "token", "refused")]


def test_token_that_names_no_person_belongs_to_nobody_where_two_connect_the_client() -> None:
    log = Log().request(ADA).request(BOB).approval(ADA).approval(BOB).token(None, "invalid_grant")
    assert [each for each in log.told if each[1] == "token"] == [(None, "token", "refused")]


def test_missing_steps_follow_the_furthest_that_was_taken() -> None:
    taken, loaded_again = Log().token(ADA).request(ADA).events
    attempt = Attempt([Step("token", taken), Step("request", loaded_again)])
    assert attempt.missing == ("first call",)


def test_attempt_that_its_person_cancels_did_not_fail() -> None:
    [attempt] = Log().request(ADA).request(ADA, "access_denied").attempts
    assert (attempt.state, attempt.is_failed, attempt.explanation) == ("cancelled", False, None)


def test_request_after_the_person_decided_is_another_attempt() -> None:
    log = Log().request(ADA, "access_denied").request(ADA, "invalid_target")
    assert [state for _, _, state in log.told] == ["cancelled", "refused"]


def test_registration_that_the_settings_refuse_did_fail() -> None:
    [attempt] = Log().add("registration", "access_denied").attempts
    assert (attempt.state, attempt.is_failed) == ("refused", True)

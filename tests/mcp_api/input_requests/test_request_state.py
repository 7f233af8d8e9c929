"""The state of a call that asked its client: sealed, for one person, client and call, and accepted once."""

import base64
import time
from typing import Any

import pytest
from django.test import override_settings

from accounts.models import Event
from accounts.resource_server.bearer import Principal
from mcp_api.execution import request_state
from mcp_api.protocol.messages import Request
from tests.mcp_api.conftest import Caller, error_of
from tests.mcp_api.input_requests.calls import ALL, accept, answered, asked, send, text_of
from tests.mcp_api.messages import CAPABILITIES_KEY, meta, modern
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("asking_tools")]


def principal(caller: Caller) -> Principal:
    found = Principal.of(caller.token)
    assert found is not None
    return found


def test_answer_to_another_question_under_the_same_key_does_not_count(caller):
    first = asked(caller, "rename")
    state = request_state.State(chain="c" * 32, expires=time.time() + 60, asked={"name": "of another question"})
    body, _ = modern("tools/call", {"name": "rename", "arguments": {}, "_meta": {**meta(), CAPABILITIES_KEY: ALL}})
    sealed = request_state.seal(state, Request(1, "tools/call", body["params"], "2026-07-28"), principal(caller))
    again = asked(caller, "rename", {"requestState": sealed, "inputResponses": {"name": accept("Ada")}})
    assert again["inputRequests"] == first["inputRequests"]


def refused(response: Any) -> str:
    assert response.status_code == 400
    assert error_of(response)["code"] == -32602
    return error_of(response)["message"]


def test_servers_must_reject_state_that_fails_verification(caller):
    state = asked(caller, "rename")["requestState"]
    flipped = state[:40] + ("A" if state[40] != "A" else "B") + state[41:]
    for tampered in (flipped, state + "-TAMPERED", state + "=", state[:-4], "", "nonsense", "é", "A" * 100_000):
        refused(send(caller, "rename", {"requestState": tampered, "inputResponses": {"name": accept("Eve")}}))


def test_state_of_another_person_or_client_is_refused(caller):
    carried = answered(asked(caller, "rename"), name=accept("Eve"))
    for person, client in ((caller.person, make_client(name="Another")), (make_user("eve"), caller.client)):
        access, _, raw = make_tokens(make_authorization(person, client))
        assert "another request" in refused(send(Caller(access, raw), "rename", carried))


def test_state_of_another_tool_or_other_arguments_is_refused(caller):
    carried = answered(asked(caller, "rename"), name=accept("Eve"))
    assert "another request" in refused(send(caller, "interview", carried))
    assert "another request" in refused(send(caller, "rename", carried, polite=True))


def test_state_expires(caller, monkeypatch):
    carried = answered(asked(caller, "rename"), name=accept("Late"))
    now = request_state.time.time()
    monkeypatch.setattr(request_state.time, "time", lambda: now + request_state.LASTS_SECONDS + 1)
    assert "expired" in refused(send(caller, "rename", carried))


def test_state_survives_a_key_rotation_until_the_old_key_is_dropped(caller):
    with override_settings(SECRET_KEY="the old key"):
        carried = answered(asked(caller, "interview"), elicitation_1=accept("A"))
    with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=["the old key"]):
        asked(caller, "interview", carried)
    with override_settings(SECRET_KEY="the new key", SECRET_KEY_FALLBACKS=[]):
        refused(send(caller, "interview", carried))


def test_state_is_spent_once_where_the_tool_writes(caller):
    carried = answered(asked(caller, "rename"), name=accept("Ada"))
    assert text_of(send(caller, "rename", carried)) == "Hello, Ada!"
    carried["inputResponses"] = {"name": accept("Eve")}
    assert "already" in refused(send(caller, "rename", carried))
    caller.person.refresh_from_db()
    assert caller.person.first_name == "Ada"


def test_state_is_good_many_times_where_the_tool_only_reads(caller):
    first = asked(caller, "interview")
    second = asked(caller, "interview", answered(first, elicitation_1=accept("A")))
    for _ in range(2):
        assert text_of(send(caller, "interview", answered(second, elicitation_2=accept("B")))) == "A B"


def test_attempt_that_failed_does_not_spend_it(caller):
    first = asked(caller, "rename")
    refused(send(caller, "rename", answered(first, name=accept(1))))
    assert text_of(send(caller, "rename", answered(first, name=accept("Ada")))) == "Hello, Ada!"


def test_answers_without_a_state_confirm_no_change(caller):
    """Nobody was asked: a client must not answer in advance what a person is to confirm."""
    message = refused(send(caller, "rename", {"inputResponses": {"name": accept("Eve")}}))
    assert "requestState" in message
    caller.person.refresh_from_db()
    assert caller.person.first_name == ""
    event = Event.objects.get(kind="mcp")
    assert (event.outcome, event.reason, event.action) == ("refused", "-32602", "tools/call rename")


def test_answers_to_questions_that_the_state_does_not_hold_are_ignored(caller):
    """Spec (basic/patterns/mrtr): "the server SHOULD ignore any information it does not recognize or need"."""
    first = asked(caller, "interview")
    second = asked(caller, "interview", answered(first, elicitation_1=accept("A"), elicitation_2=accept("Eve")))
    assert set(second["inputRequests"]) == {"elicitation_2"}


@pytest.mark.parametrize("answers", [None, {}])
def test_no_answers_are_no_reason_to_refuse(caller, answers):
    assert asked(caller, "rename", {"inputResponses": answers})["inputRequests"]


def test_bad_state_is_recorded_with_its_reason(caller):
    refused(send(caller, "rename", {"requestState": "nonsense"}))
    event = Event.objects.get(kind="mcp")
    assert (event.outcome, event.reason, event.action) == ("refused", "-32602", "tools/call rename")
    assert "requestState" in event.detail


def test_state_reveals_nothing(caller):
    first = asked(caller, "interview")
    state = asked(caller, "interview", answered(first, elicitation_1=accept("hunter2")))["requestState"]
    assert b"hunter2" not in base64.urlsafe_b64decode(state)
    assert b"elicitation" not in base64.urlsafe_b64decode(state)

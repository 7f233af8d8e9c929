"""Legacy sessions under an event loop."""

import pytest

from accounts.models import Event
from mcp_api import Context, tool
from mcp_api.registry.tools import Tool
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import initialize, legacy
from tests.mcp_api.transport.event_loop.comparison import assert_same_answer
from tests.mcp_api.transport.event_loop.conftest import Loop, sent, tokens_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def test_legacy_session_from_its_beginning_to_its_end(loop: Loop, caller: Caller, tools: dict[str, Tool]) -> None:
    @tool
    def first_name(context: Context) -> str:
        return context.user.first_name

    [begun] = loop.send(sent(caller, initialize("2025-11-25")))
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
    for method, params in (
        ("ping", {}),
        ("tools/list", {}),
        ("tools/call", {"name": "echo", "arguments": {"text": "hi"}}),
        ("tools/call", {"name": "first_name"}),
        ("tools/call", {"name": "no_such_tool"}),
        ("logging/setLevel", {"level": "debug"}),
        ("resources/subscribe", {"uri": "no://such"}),
    ):
        Event.objects.all().delete()
        body, headers = legacy(method, params)
        [reply] = loop.send(sent(caller, body, {**headers, **session}))
        assert_same_answer(reply, caller.send(body, {**headers, **session}))
        assert Event.objects.count() == 2
    [ended] = loop.send(sent(caller, b"", session, method="DELETE"))
    assert ended.status == 204
    [gone] = loop.send(sent(caller, body, {**headers, **session}))
    assert gone.status == 404


def test_session_of_somebody_else_is_gone(loop: Loop, caller: Caller) -> None:
    other = Caller(*tokens_of("grace")[::2])
    [begun] = loop.send(sent(other, initialize("2025-11-25")))
    session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]}
    body, headers = legacy("ping")
    theirs, ours = loop.send(sent(other, body, {**headers, **session}), sent(caller, body, {**headers, **session}))
    assert (theirs.status, ours.status) == (200, 404)


def test_several_sessions_of_one_token_at_once(loop: Loop, caller: Caller) -> None:
    begun = loop.send(*(sent(caller, initialize(version)) for version in ("2025-11-25", "2025-06-18")))
    ids = [reply.headers["mcp-session-id"] for reply in begun]
    body, headers = legacy("ping")
    named = [*ids, "none", *ids]
    replies = loop.send(*(sent(caller, body, {**headers, "Mcp-Session-Id": session_id}) for session_id in named))
    assert [reply.status for reply in replies] == [200, 200, 404, 200, 200]

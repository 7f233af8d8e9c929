"""Both shells of the endpoint answer and record every message the same."""

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Event
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import CAPABILITIES_KEY, MODERN, VERSION_KEY
from tests.mcp_api.transport.event_loop.comparison import assert_same_answer
from tests.mcp_api.transport.event_loop.conftest import Loop, Post

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
methods = st.sampled_from(
    ("tools/call", "tools/list", "prompts/get", "resources/read", "completion/complete", "server/discover", "ping")
)
names = st.sampled_from(("echo", "get_time", "get_user_info", "no_such_tool")) | st.text(max_size=10)
LOG_LEVEL_KEY = "io.modelcontextprotocol/logLevel"


def mostly(good: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Three of four from `good`."""
    return st.integers(0, 3).flatmap(lambda number: other if number == 0 else good)


@st.composite
def requests(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str]]:
    """A modern request, most of it as it should be, and its headers."""
    method, name = draw(mostly(st.just("tools/call"), methods)), draw(mostly(st.just("echo"), names))
    meta: dict[str, Any] = {VERSION_KEY: MODERN, CAPABILITIES_KEY: draw(mostly(st.just({}), anything))}
    if draw(mostly(st.just(False), st.just(True))):
        meta[LOG_LEVEL_KEY] = draw(st.sampled_from(("info", "loud")) | anything)
    given_params = {"name": name, "arguments": draw(mostly(st.fixed_dictionaries({"text": st.text()}), anything))}
    others = st.dictionaries(st.sampled_from(("uri", "cursor", "requestState", "inputResponses")), anything)
    more = draw(mostly(st.just({}), others))
    params = {**given_params, **more, "_meta": meta}
    body = {
        "jsonrpc": "2.0",
        "id": draw(mostly(st.integers(0, 9), st.text() | anything)),
        "method": method,
        "params": params,
    }
    header = name if name.isascii() and name.isprintable() and name.strip() == name else "echo"
    return body, {"MCP-Protocol-Version": MODERN, "Mcp-Method": method, "Mcp-Name": header}


def test_event_loop_says_what_the_view_says(loop: Loop, caller: Caller) -> None:
    kinds: Counter[str] = Counter()

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(sent=requests())
    def compare(sent: tuple[dict[str, Any], dict[str, str]]) -> None:
        body, headers = sent
        Event.objects.all().delete()
        data = json.dumps(body).encode()
        [reply] = loop.send(Post(data, caller.authorized(headers)))
        assert reply.status < 500
        assert_same_answer(reply, caller.send(data, headers))
        answer = json.loads(reply.body)
        kinds["result" if "result" in answer else "error"] += 1
        kinds["event"] += Event.objects.exists()

    compare()
    # Neither kind of answer was left out, nor the record of them.
    assert min(kinds["result"], kinds["error"], kinds["event"]) > 10, kinds

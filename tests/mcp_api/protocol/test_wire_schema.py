"""Every answer is allowed by the specification's own JSON schema."""

import json
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp_types.jsonrpc import INTERNAL_ERROR
from pydantic import Field

from mcp_api import Context, Icon, prompt, resource, tool
from mcp_api.protocol.messages import Batch, Rejection
from mcp_api.protocol.replies import rejection_message
from tests.conformance.schemas import schemas, violations
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import CAPABILITIES_KEY, Body, initialize, legacy, modern
from tests.mcp_api.protocol.generated import anything, bodies, header_values, parse

MODERN = "2026-07-28"
LEGACY = ("2025-03-26", "2025-06-18", "2025-11-25")
# Of these, a revision that has no message without an id cannot describe an answer to what has none that is good.
WITH_OPTIONAL_ID = ("2025-11-25", MODERN)

ECHO = {"name": "echo", "arguments": {"text": "hello"}}
# What is asked, and what the schema calls its result.
ASKED: list[tuple[str, Body, str]] = [
    ("tools/list", {}, "ListToolsResult"),
    ("tools/call", ECHO, "CallToolResult"),
    ("tools/call", {"name": "echo", "arguments": {}}, "CallToolResult"),
    ("tools/call", {"name": "get_user_info"}, "CallToolResult"),
    ("resources/list", {}, "ListResourcesResult"),
    ("resources/templates/list", {}, "ListResourceTemplatesResult"),
    ("resources/read", {"uri": "note://tea"}, "ReadResourceResult"),
    ("prompts/list", {}, "ListPromptsResult"),
    ("prompts/get", {"name": "greet", "arguments": {"name": "Ada"}}, "GetPromptResult"),
    (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "name", "value": ""}},
        "CompleteResult",
    ),
]

pytestmark = pytest.mark.usefixtures("specification")


@pytest.fixture
def something_of_each_kind(isolated_registry: None) -> None:
    @tool(read_only=True, icons=[Icon(src="https://example.com/icon.png", sizes=["48x48"])])
    def ask_twice(context: Context, region: Annotated[str, Field(description="Where")] = "here") -> dict[str, str]:
        """Ask, and ask again."""
        return {"said": context.elicit("Sure?", {"type": "object", "properties": {}}).action}

    @resource("note://tea")
    def tea() -> str:
        """All about tea."""
        return "Hot."

    @resource("note://{subject}/picture", mime_type="image/png")
    def picture(subject: str) -> bytes:
        """Return its appearance."""
        return b"PNG"

    @prompt
    def greet(name: Annotated[str, Field(description="Whom")]) -> str:
        """Greet somebody."""
        return f"Say hello to {name}."


def test_the_schemas_are_those_of_every_revision_that_is_compared() -> None:
    assert set(schemas()) == {*LEGACY, MODERN}


# --- Refusals ------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(bodies, header_values)
def test_each_rejection_of_arbitrary_bytes_and_headers_is_an_error_response_of_the_schema(body, headers):
    message = parse(body, headers)
    refused = message.messages if isinstance(message, Batch) else [message]
    for rejection in refused:
        if isinstance(rejection, Rejection):
            answer = json.loads(json.dumps(rejection_message(rejection)))
            for revision in WITH_OPTIONAL_ID if rejection.id is None else (*LEGACY, MODERN):
                assert violations(revision, "JSONRPCMessage", answer) == []
            assert violations(MODERN, "JSONRPCErrorResponse", answer) == []


# --- Results -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("something_of_each_kind")
class TestResults:
    @pytest.mark.parametrize(("method", "params", "result"), ASKED)
    def test_each_is_one_of_the_schema_in_every_revision(
        self, caller: Caller, method: str, params: Body, result: str
    ) -> None:
        for revision in (*LEGACY, MODERN):
            sent = modern(method, params) if revision == MODERN else legacy(method, params, version=revision)
            answer = caller.send(*sent).json()
            assert "result" in answer
            assert violations(revision, "JSONRPCMessage", answer) == []
            assert violations(revision, result, answer["result"]) == []

    @pytest.mark.parametrize("revision", LEGACY)
    def test_so_is_what_a_session_begins_with(self, caller: Caller, revision: str) -> None:
        answer = caller.send(initialize(revision)).json()
        assert violations(revision, "InitializeResult", answer["result"]) == []

    def test_so_are_discovery_and_questions(self, caller: Caller) -> None:
        discovered = caller.modern("server/discover").json()
        assert violations(MODERN, "DiscoverResult", discovered["result"]) == []
        meta = {**modern("x")[0]["params"]["_meta"], CAPABILITIES_KEY: {"elicitation": {}}}
        asked = caller.modern("tools/call", {"name": "ask_twice", "arguments": {}, "_meta": meta}).json()
        assert violations(MODERN, "InputRequiredResult", asked["result"]) == []


# --- Generated requests -----------------------------------------------------------------------------

methods = st.sampled_from(
    [method for method, *_ in ASKED] + ["ping", "initialize", "server/discover", "logging/setLevel"]
)
arguments = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["echo", "greet", "get_time"]) | anything,
        "arguments": st.dictionaries(st.sampled_from(["text", "timezone", "name"]), anything, max_size=2) | anything,
        "uri": st.sampled_from(["note://tea", "note://tea/picture"]) | anything,
        "cursor": anything,
        "ref": anything,
        "argument": anything,
        "level": anything,
        "inputResponses": anything,
        "requestState": anything,
    },
)


def as_header(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode("latin-1")


@pytest.mark.django_db
@pytest.mark.usefixtures("something_of_each_kind")
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(methods, arguments, st.sampled_from([*LEGACY, MODERN]))
def test_every_request_is_answered_by_a_message_of_the_schema(
    caller: Caller, method: str, params: Body, revision: str
) -> None:
    sent = modern(method, params) if revision == MODERN else legacy(method, params, version=revision)
    body, headers = sent
    response = caller.send(
        body, {name: str(value).encode("utf-8", "replace").decode("latin-1") for name, value in headers.items()}
    )
    assert response.status_code in (200, 400, 404)
    answer = response.json()
    assert answer.get("error", {}).get("code") != INTERNAL_ERROR
    assert violations(revision if "id" in answer else MODERN, "JSONRPCMessage", answer) == []

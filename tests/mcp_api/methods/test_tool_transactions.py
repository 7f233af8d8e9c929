"""The transaction of a tool: its writes and its event are committed together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Consent, Event, User
from mcp_api import Context, ToolError, tool
from tests.mcp_api.conftest import make_caller, result_of, verbs_of
from tests.support.mcp.tool_results import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def add_person(tools) -> None:
    @tool
    def add_person(name: str, problem: str = "") -> str:
        User.objects.create(username=name)
        match problem:
            case "told":
                raise ToolError("Not this one.")
            case "defect":
                raise LookupError
            case "returned":
                return 1  # type: ignore[return-value]
        return name

    @tool(atomic=True)
    async def add_person_async(name: str, problem: str) -> str:
        await User.objects.acreate(username=name)
        raise ToolError(problem)


def outcomes() -> list[tuple[str, str]]:
    return [(event.outcome, event.reason) for event in Event.objects.filter(kind="mcp")]


@pytest.mark.usefixtures("add_person")
@pytest.mark.parametrize(("problem", "reason"), [("told", "tool_error"), ("defect", "defect"), ("returned", "defect")])
def test_writes_of_a_tool_that_fails_are_taken_back_and_its_event_stays(caller, problem, reason):
    assert caller.call("add_person", name="grace", problem=problem)["isError"]
    assert not User.objects.filter(username="grace").exists()
    assert outcomes() == [("failed", reason)]


@pytest.mark.usefixtures("add_person")
def test_writes_of_an_async_tool_that_wants_a_transaction_are_taken_back_too(caller):
    assert caller.call("add_person_async", name="grace", problem="No.")["isError"]
    assert not User.objects.filter(username="grace").exists()


@pytest.mark.usefixtures("add_person")
def test_writes_of_a_tool_that_succeeds_stay_with_its_event(caller):
    assert text_of(caller.call("add_person", name="grace")) == "grace"
    assert User.objects.filter(username="grace").exists()
    assert outcomes() == [("ok", "")]


@pytest.mark.usefixtures("add_person")
@pytest.mark.django_db(transaction=True)
def test_writes_and_event_of_a_success_are_committed_together():
    caller = make_caller()
    with CaptureQueriesContext(connection) as queries:
        caller.call("add_person", name="grace")
    verbs = [verb for verb in verbs_of(queries) if verb not in ("SAVEPOINT", "RELEASE")]
    assert verbs == ["SELECT", "BEGIN", "INSERT", "INSERT", "COMMIT"]


@pytest.mark.django_db(transaction=True)
def test_tool_that_breaks_a_constraint_at_commit_leaves_nothing_but_its_event(tools):
    @tool
    def consent_for_nobody(context: Context) -> str:
        Consent.objects.create(user_id=0, client=context.client, scope="read")
        return "done"

    result = result_of(make_caller().legacy("tools/call", {"name": "consent_for_nobody"}))
    assert result["isError"]
    assert "refers to something that does not exist" in result["content"][0]["text"]
    assert not Consent.objects.filter(user_id=0).exists()
    assert outcomes() == [("failed", "tool_error")]


@pytest.mark.django_db(transaction=True)
def test_tool_that_only_reads_holds_no_transaction(tools):
    @tool(read_only=True)
    def look() -> bool:
        return connection.in_atomic_block

    @tool
    def change() -> bool:
        return connection.in_atomic_block

    caller = make_caller()
    assert caller.call("look")["structuredContent"] == {"result": False}
    assert caller.call("change")["structuredContent"] == {"result": True}

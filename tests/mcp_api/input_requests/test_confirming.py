"""context.confirm, and forms that are a single yes-or-no: only a yes counts as one."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from pydantic import BaseModel

from mcp_api import Context, tool
from mcp_api.testing import McpClient
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Sure(BaseModel):
    sure: bool


@pytest.fixture(autouse=True)
def confirming_tools(isolated_registry: None) -> None:
    @tool
    def lend(context: Context) -> str:
        return "lent" if context.confirm("Lend it?") else "not lent"

    @tool
    def lend_if_sure(context: Context) -> str:
        answer = context.elicit("Lend it?", Sure)
        return f"lent {answer.data.sure}" if answer.accepted else f"not lent {answer.action}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (True, "lent"),
        (False, "not lent"),
        (None, "not lent"),
        ({"confirmed": True}, "lent"),
        ({"confirmed": False}, "not lent"),
    ],
)
def test_only_a_yes_confirms(answer: Any, said: str) -> None:
    assert McpClient(make_user(), answers=[answer]).call("lend").text == said


def test_client_that_accepts_by_itself_confirms_nothing() -> None:
    assert McpClient(make_user(), answers=[{}]).call("lend").text == "not lent"


@pytest.mark.parametrize(
    ("answer", "said"), [(True, "lent True"), (False, "not lent accept"), (None, "not lent decline")]
)
def test_form_of_one_boolean_that_says_no_is_not_accepted(answer: Any, said: str) -> None:
    assert McpClient(make_user(), answers=[answer]).call("lend_if_sure").text == said


@pytest.mark.parametrize(("answer", "said"), [("true", "lent"), ("false", "not lent"), ("null", "not lent")])
def test_command_line_confirms(answer: str, said: str) -> None:
    make_user("ada")
    output = StringIO()
    call_command("mcp", "call", "lend", "--user", "ada", "--answer", answer, stdout=output, stderr=StringIO())
    assert f'"{said}"' in output.getvalue()

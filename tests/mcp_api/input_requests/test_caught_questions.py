"""A tool that catches what ends its attempt has asked all the same: nothing of that attempt is committed."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

import pytest

from accounts.models import Event, User
from mcp_api import Context, ToolError, prompt, resource, tool
from mcp_api.testing import McpClient
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def rename(context: Context, name: str) -> None:
    User.objects.filter(pk=context.user.pk).update(first_name=name)


def name_of(user: User) -> str:
    user.refresh_from_db()
    return user.first_name


def bare(context: Context) -> str:
    """Treat a question as accepted after a bare except, although nobody answered."""
    sure = True
    try:
        sure = context.confirm("Sure?")
    except:  # noqa: E722 - that is what is caught
        rename(context, "swallowed")
    if sure:
        rename(context, "renamed")
    return f"sure: {sure}"


def by_base_exception(context: Context) -> str:
    with suppress(BaseException):
        sure = context.confirm("Sure?")
        rename(context, "renamed" if sure else "")
        return f"sure: {sure}"
    rename(context, "swallowed")
    return "done"


def with_another_error(context: Context) -> str:
    try:
        sure = context.confirm("Sure?")
    except BaseException as error:
        raise ToolError("It went wrong.") from error
    rename(context, "renamed" if sure else "")
    return f"sure: {sure}"


def with_a_defect_in_finally(context: Context) -> str:
    sure = None
    try:
        sure = context.confirm("Sure?")
    finally:
        if sure is None:
            raise RuntimeError("cannot clean up")
    rename(context, "renamed" if sure else "")
    return f"sure: {sure}"


def with_an_exit(context: Context) -> str:
    try:
        sure = context.confirm("Sure?")
    except BaseException as error:
        raise SystemExit from error
    rename(context, "renamed" if sure else "")
    return f"sure: {sure}"


def in_a_thread(context: Context) -> str:
    said: list[bool] = []

    def ask() -> None:
        with suppress(BaseException):
            said.append(context.confirm("Sure?"))

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    rename(context, "renamed" if all(said) else "")
    return f"sure: {all(said)}"


async def gathered(context: Context) -> str:
    async def ask() -> bool:
        return context.confirm("Sure?")

    [sure] = await asyncio.gather(ask(), return_exceptions=True)
    await User.objects.filter(pk=context.user.pk).aupdate(first_name="renamed" if sure else "")
    return f"sure: {sure}"


CATCHING: list[Callable[[Context], Any]] = [
    bare,
    by_base_exception,
    with_another_error,
    with_a_defect_in_finally,
    with_an_exit,
    in_a_thread,
    gathered,
]


@pytest.mark.parametrize("catching", CATCHING)
def test_what_is_written_after_a_question_that_was_caught_is_taken_back(
    ada: User, caplog: pytest.LogCaptureFixture, catching: Callable[[Context], Any]
) -> None:
    tool(catching)
    client = McpClient(ada, answers=[True])
    asked = client._send("tools/call", {"name": catching.__name__, "arguments": {}})
    assert asked["resultType"] == "input_required"
    assert name_of(ada) == ""
    assert Event.objects.values_list("outcome", "reason").get(kind="mcp") == ("ok", "input_required")
    [warning] = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert warning.startswith(f"{catching.__name__} caught the exception")
    assert "Catch Exception" in warning


@pytest.mark.parametrize("catching", CATCHING)
@pytest.mark.parametrize("sure", [True, False])
def test_call_goes_on_with_the_answer(ada: User, catching: Callable[[Context], Any], sure: bool) -> None:
    tool(catching)
    client = McpClient(ada, answers=[sure])
    assert client.call(catching.__name__).text == f"sure: {sure}"
    assert name_of(ada) == ("renamed" if sure else "")
    assert len(client.asked) == 1


def test_second_question_waits_for_the_first(ada: User) -> None:
    @tool
    def ask_twice(context: Context) -> str:
        said = []
        for message in ("First?", "Second?"):
            with suppress(BaseException):
                said.append(context.confirm(message))
        return str(said)

    client = McpClient(ada, answers=[True, False])
    assert client.call("ask_twice").text == "[True, False]"
    assert [each["params"]["message"] for each in client.asked] == ["First?", "Second?"]


def test_client_that_cannot_be_asked_is_an_exception_that_tools_may_catch(ada: User) -> None:
    @tool
    def perhaps(context: Context) -> str:
        try:
            return f"sure: {context.confirm('Sure?')}"
        except Exception:
            return "not asked"

    assert McpClient(ada).call("perhaps").text == "not asked"


@pytest.mark.parametrize(
    ("method", "params"), [("prompts/get", {"name": "bare"}), ("resources/read", {"uri": "a://sure"})]
)
def test_prompts_and_resources_write_nothing_once_they_have_asked(
    ada: User, caplog: pytest.LogCaptureFixture, method: str, params: dict[str, str]
) -> None:
    """They run in no transaction that could be rolled back."""
    prompt(bare)
    resource("a://sure")(bare)
    client = McpClient(ada, answers=[True])
    asked = client._send(method, params)
    assert (asked["resultType"], name_of(ada)) == ("input_required", "")
    assert [each.getMessage() for each in caplog.records if "bare caught the exception" in each.getMessage()]
    assert "sure: True" in str(client.request(method, params))
    assert name_of(ada) == "renamed"


def test_question_that_is_not_caught_is_no_warning(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    @tool
    def ask(context: Context) -> str:
        return f"sure: {context.confirm('Sure?')}"

    assert McpClient(ada, answers=[True]).call("ask").text == "sure: True"
    assert not [each for each in caplog.records if each.levelno == logging.WARNING]

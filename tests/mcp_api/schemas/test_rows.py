"""A model or a queryset that a function returns is not sent: the log names what to return instead."""

import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pydantic import BaseModel, ConfigDict

from accounts.models import Event, User
from mcp_api import Context, prompt, resource, tool
from mcp_api.testing import McpClient, McpClientError
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

WAYS = (".values(", "pydantic model", "search(", "expose(")


class PersonOut(BaseModel):
    username: str


class PersonOfAnObject(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    username: str


def everybody() -> Any:
    return User.objects.all()


def all_of(person: User) -> Any:
    return User.objects.all()


ROWS: dict[str, tuple[Callable[[User], Any], str]] = {
    "a model": (lambda person: person, "The function returned a User"),
    "a queryset": (all_of, "The function returned a QuerySet of User"),
    "a manager": (lambda person: User.objects, "The function returned a UserManager of User"),
    "rows of one's own SQL": (
        lambda person: User.objects.raw("SELECT * FROM oauth_mcp_user"),
        "The function returned a RawQuerySet of User",
    ),
    "a list of models": (lambda person: [person], "The function returned a User"),
    "a model in a dict": (lambda person: {"person": person}, "The function returned a User"),
    "a queryset in a dict": (lambda person: {"people": all_of(person)}, "The function returned a QuerySet of User"),
}


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def mistake_in(caplog: pytest.LogCaptureFixture) -> str:
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    return record.getMessage()


@pytest.mark.parametrize(("make", "said"), ROWS.values(), ids=ROWS)
def test_tool_that_returns_rows_logs_what_to_return_and_sends_a_reference(
    ada: User, caplog: pytest.LogCaptureFixture, make: Callable[[User], Any], said: str
) -> None:
    tool(name="people")(lambda: make(ada))
    result = McpClient(ada).call("people")
    assert result.is_error
    assert "User" not in result.text
    told = mistake_in(caplog)
    assert said in told
    assert all(way in told for way in WAYS)
    assert Event.objects.get(kind="mcp").reason == "defect"


@pytest.mark.parametrize(("make", "said"), ROWS.values(), ids=ROWS)
def test_resource_that_returns_rows_does_so_too(
    ada: User, caplog: pytest.LogCaptureFixture, make: Callable[[User], Any], said: str
) -> None:
    resource("people://all")(lambda: make(ada))
    with pytest.raises(McpClientError, match=r"Internal error, reference [0-9a-f]{8}$"):
        McpClient(ada).read("people://all")
    assert said in mistake_in(caplog)


def test_prompt_that_returns_rows_does_so_too(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    prompt(name="people")(everybody)
    with pytest.raises(McpClientError, match=r"Internal error, reference [0-9a-f]{8}$"):
        McpClient(ada).prompt("people")
    assert "The function returned a QuerySet of User" in mistake_in(caplog)


def test_rows_in_a_declared_result_are_reported_too(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    @tool
    def people() -> list[PersonOut]:
        return list(User.objects.all())  # type: ignore[arg-type]

    @tool
    def anything() -> dict[str, Any]:
        return {"person": ada}

    for name, said in (("people", "The result is not of the return type: 0: Input should be"), ("anything", "")):
        caplog.clear()
        assert McpClient(ada).call(name).is_error
        told = mistake_in(caplog)
        assert said in told
        assert "The function returned a User" in told


def test_author_sees_the_error_with_debug(ada: User, settings: Any) -> None:
    tool(name="people")(everybody)
    resource("people://all")(everybody)
    settings.DEBUG = True
    assert "The function returned a QuerySet of User" in McpClient(ada).call("people").text
    with pytest.raises(McpClientError, match="The function returned a QuerySet of User"):
        McpClient(ada).read("people://all")


def test_author_sees_the_error_on_the_command_line(ada: User) -> None:
    tool(name="people")(everybody)
    resource("people://all")(everybody)
    output = StringIO()
    with pytest.raises(CommandError, match="The tool failed"):
        call_command("mcp", "call", "people", "--user", "ada", stdout=output, stderr=StringIO())
    assert "The function returned a QuerySet of User" in output.getvalue()
    with pytest.raises(CommandError, match="Failed: The function returned a QuerySet of User"):
        call_command("mcp", "read", "people://all", "--user", "ada", stdout=output, stderr=StringIO())


def test_unexpected_error_is_hidden_from_clients_even_with_debug(ada: User, settings: Any) -> None:
    @tool
    def faulty(context: Context) -> str:
        raise RuntimeError("the secret")

    settings.DEBUG = True
    assert "secret" not in McpClient(ada).call("faulty").text


def test_what_the_texts_name_works(ada: User) -> None:
    @tool
    def values() -> Any:
        return User.objects.values("username")

    tool(name="undeclared")(lambda: User.objects.values_list("username", flat=True))
    tool(name="nested")(lambda: {"people": User.objects.values("username")})
    resource("people://all")(lambda: User.objects.values("username"))

    @tool
    def declared() -> list[dict[str, Any]]:
        return User.objects.values("username")  # type: ignore[return-value]

    @tool
    def of_objects() -> list[PersonOfAnObject]:
        return User.objects.all()  # type: ignore[return-value]

    client = McpClient(ada)
    assert client.call("values").data == [{"username": "ada"}]
    assert client.call("undeclared").text == '["ada"]'
    assert client.call("nested").text == '{"people":[{"username":"ada"}]}'
    assert client.read("people://all")["text"] == '[{"username":"ada"}]'
    assert client.call("declared").data == [{"username": "ada"}]
    assert client.call("of_objects").data == [{"username": "ada"}]


def test_what_json_does_not_have_is_named(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    tool(name="odd")(lambda: {"it": object()})
    assert McpClient(ada).call("odd").is_error
    assert "A value of the type object has no JSON form" in mistake_in(caplog)

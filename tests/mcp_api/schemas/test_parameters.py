"""Parameters of a function that are not plain arguments: reserved names, `Context`, and an author's own schema."""

from typing import Annotated

import pytest
from django.core.exceptions import ImproperlyConfigured

from mcp_api import Context
from mcp_api.schemas.input_schema import InvalidArguments, arguments_of
from tests.support.mcp.schemas import check, input_schema, problem

AWKWARD = ["schema", "json", "copy", "dict", "model_config", "model_fields", "self_", "_private", "__odd", "argument_0"]


def test_parameters_may_have_names_that_pydantic_reserves():
    def tool(schema: int, json, copy, dict, model_config, model_fields, self_, _private, __odd, argument_0): ...  # noqa: PLR0917

    assert list(input_schema(tool)["properties"]) == AWKWARD
    arguments = {name: number for number, name in enumerate(AWKWARD)}
    assert check(tool, **arguments) == arguments


def test_only_the_clients_own_names_are_known():
    def tool(text: str): ...

    assert problem(tool, argument_0="a").splitlines() == [
        "text: Field required",
        "argument_0: Extra inputs are not permitted",
    ]


def test_keyword_only_parameter_is_one_like_any_other():
    def tool(*, text: str): ...

    assert check(tool, text="a") == {"text": "a"}


def positional(text: str, /): ...
def many(*texts: str): ...
def whatever(**texts: str): ...


@pytest.mark.parametrize(
    ("function", "parameter"), [(positional, "text: str"), (many, "*texts: str"), (whatever, "**texts: str")]
)
def test_parameter_that_cannot_be_passed_by_name_is_refused_when_declared(function, parameter):
    with pytest.raises(ImproperlyConfigured) as refused:
        arguments_of(function)
    assert str(refused.value).startswith(f"The parameter {parameter} of {function.__name__} ")


def first(context: Context, text: str): ...
def last(text: str, ctx: Context): ...
def keyword(*, text: str, context: Context): ...
def optional(text: str, context: Context | None = None): ...
def annotated(text: str, context: Annotated[Context, "ours"]): ...


@pytest.mark.parametrize("function", [first, last, keyword, optional, annotated])
def test_context_stands_anywhere_and_clients_never_see_it(function):
    assert list(input_schema(function)["properties"]) == ["text"]
    assert check(function, text="a") == {"text": "a"}
    name = arguments_of(function).context_parameter
    assert name in ("context", "ctx")
    assert name in problem(function, text="a", **{name: {}})


def test_parameter_called_context_that_is_something_else_is_the_clients():
    def tool(context: str): ...

    assert arguments_of(tool).context_parameter is None
    assert check(tool, context="a") == {"context": "a"}


def reach(phone: str = "", email: str = "") -> None: ...


ONE_OF_THEM = {"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}


def test_keywords_of_the_author_are_in_the_schema_and_checked():
    takes = arguments_of(reach, ONE_OF_THEM)
    assert takes.json_schema()["anyOf"] == ONE_OF_THEM["anyOf"]
    assert takes.check({"phone": "1"}) == {"phone": "1", "email": ""}
    with pytest.raises(InvalidArguments):
        takes.check({})


@pytest.mark.parametrize("keywords", [{"allOf": 1}, {"if": []}, {"$schema": 7}])
def test_keywords_that_are_not_a_schema_are_refused(keywords):
    with pytest.raises(ImproperlyConfigured, match="reach"):
        arguments_of(reach, keywords)


@pytest.mark.parametrize("keyword", ["type", "properties", "required"])
def test_keywords_cannot_replace_those_of_the_signature(keyword):
    with pytest.raises(ImproperlyConfigured, match=keyword):
        arguments_of(reach, {keyword: {}})

"""Descriptions of parameters in docstrings, in the three common styles."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from mcp_api import prompt, tool
from mcp_api.registry import prompts, tools
from mcp_api.schemas.docstrings import description_of, parameter_descriptions

pytestmark = pytest.mark.usefixtures("isolated_registry")


def google(title: str, copies: int = 1) -> str:
    """Add a book.

    It is on the shelf at once.

    Args:
        title (str): The title, as it is
            printed on the cover.
        copies: How many there are.

    Returns:
        The shelf mark.

    Raises:
        ValueError: Never.
    """
    return ""


def numpy(title: str, copies: int = 1) -> str:
    """Add a book.

    It is on the shelf at once.

    Parameters
    ----------
    title : str
        The title, as it is
        printed on the cover.
    copies
        How many there are.

    Returns
    -------
    str
        The shelf mark.
    """
    return ""


def sphinx(title: str, copies: int = 1) -> str:
    """Add a book.

    It is on the shelf at once.

    :param title: The title, as it is
        printed on the cover.
    :param copies: How many there are.
    :returns: The shelf mark.
    :raises ValueError: Never.
    """
    return ""


@pytest.mark.parametrize("function", [google, numpy, sphinx])
def test_section_of_the_parameters_becomes_their_descriptions(function: Any) -> None:
    assert parameter_descriptions(function) == {
        "title": "The title, as it is\nprinted on the cover.",
        "copies": "How many there are.",
    }
    assert description_of(function) == "Add a book.\n\nIt is on the shelf at once.\n\nReturns: The shelf mark."


def test_tool_and_prompt_have_the_descriptions() -> None:
    tool(name="add")(google)
    prompt(name="add")(sphinx)
    found = tools.tools["add"]
    assert found.arguments.json_schema()["properties"]["copies"] == {
        "type": "integer",
        "default": 1,
        "description": "How many there are.",
    }
    assert "Args" not in str(found.description)
    assert [schema["description"] for _, schema, _ in prompts.prompts["add"].arguments.parameters()][1:] == [
        "How many there are."
    ]


def test_description_of_a_field_comes_first() -> None:
    @tool
    def add(
        title: Annotated[str, Field(description="Of the field.")], copies: int = Field(1, description="Of the default.")
    ) -> None:
        """Add a book.

        Args:
            title: Of the docstring.
            copies: Of the docstring.
        """

    properties = tools.tools["add"].arguments.json_schema()["properties"]
    assert [each["description"] for each in properties.values()] == ["Of the field.", "Of the default."]


@pytest.mark.parametrize(
    "text",
    [
        "Add a book.",
        "Add a book: title and copies.\n\nNote: it is on the shelf at once.",
        "Add a book.\n\nArgs:\n    unknown: No parameter.",
        "Add a book.\n\nSteps:\n    1. Find it.\n    2. Add it.",
        "",
    ],
)
def test_docstring_without_such_a_section_stays_as_it_is(text: str) -> None:
    def add(title: str) -> None: ...

    add.__doc__ = text
    assert description_of(add) == text
    assert parameter_descriptions(add) == {}

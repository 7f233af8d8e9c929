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
    described = " ".join(description_of(function).split())
    assert described.startswith("Add a book. It is on the shelf at once. Returns")
    assert described.endswith("The shelf mark.")


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


GOOGLE_NOTE = """Add a book.

Args:
    title: The title.

Warning:
    Never twice.

Example:
    add("Emma")

Ask first."""
NUMPY_NOTE = """Add a book.

Parameters
----------
title, copies : str
    The title.

Other Parameters
----------------
x : int
    None.

Notes
-----
Never twice. Ask first.

Examples
--------
add("Emma")"""
SPHINX_NOTE = """Add a book.

:param title: The title.
    It is printed.
:type title: str

.. warning::
    Never twice.

Ask first: add("Emma")"""


@pytest.mark.parametrize("text", [GOOGLE_NOTE, NUMPY_NOTE, SPHINX_NOTE])
def test_no_sentence_is_lost_but_those_about_parameters(text: str) -> None:
    def add(title: str) -> None: ...

    add.__doc__ = text
    described = description_of(add)
    for sentence in ("Add a book.", "Never twice.", "Ask first", 'add("Emma")'):
        assert sentence in described
    for sentence in ("The title", "printed", "None."):
        assert sentence not in described
    assert parameter_descriptions(add)["title"].startswith("The title.")


def test_several_parameters_may_be_described_at_once() -> None:
    def move(x: float, y: float) -> None:
        """Move.

        Parameters
        ----------
        x, y : float
            Metres.
        """

    assert parameter_descriptions(move) == {"x": "Metres.", "y": "Metres."}

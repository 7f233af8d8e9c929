"""Docstrings of functions: the description for models, and those of parameters (Google, NumPy and Sphinx style)."""

import inspect
from collections.abc import Callable
from typing import Any

from docstring_parser import Docstring, ParseError, parse


def description_of(function: Callable[..., Any]) -> str:
    """Return the docstring of `function`, without the section about its parameters.

    What it raises is left out with that section: the model sees each error by itself.
    """
    parsed = _parsed(function)
    if parsed is None:
        return inspect.getdoc(function) or ""
    returns = parsed.returns.description if parsed.returns else None
    examples = [example.description for example in parsed.examples if example.description]
    parts = [parsed.description, f"Returns: {returns}" if returns else "", *examples]
    return "\n\n".join(filter(None, parts))


def parameter_descriptions(function: Callable[..., Any]) -> dict[str, str]:
    """Return the descriptions of the parameters of `function` that its docstring has, by name."""
    parsed = _parsed(function)
    return {each.arg_name: each.description for each in parsed.params if each.description} if parsed else {}


def _parsed(function: Callable[..., Any]) -> Docstring | None:
    """Return the parsed docstring; None if it describes no parameter of the function."""
    try:
        parsed = parse(inspect.getdoc(function) or "")
    except ParseError:
        return None
    names = inspect.signature(function).parameters
    return parsed if any(each.arg_name in names for each in parsed.params) else None

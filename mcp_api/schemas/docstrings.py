"""Docstrings of functions: the description for models, and those of parameters (Google, NumPy and Sphinx style)."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from docstring_parser import ParseError, parse

# Sections that describe parameters, or exceptions, of which the model sees each by itself.
LEFT_OUT = r"(?:Args|Arguments|Params|Parameters|Raises|Exceptions|Except)"
GOOGLE_SECTION = re.compile(rf"^{LEFT_OUT}\s*:\s*$")
NUMPY_SECTION = re.compile(rf"^(?:Other )?{LEFT_OUT}\s*$")
UNDERLINE = re.compile(r"^-{3,}\s*$")
SPHINX_FIELD = re.compile(r"^[:@](?:param|parameter|arg|argument|key|keyword|type|raises?|except|exception)\b[^:]*:")
RETURNED = re.compile(r"^[:@]returns?:\s*(.+)$")


def description_of(function: Callable[..., Any]) -> str:
    """Return the docstring of `function`, without the sections about its parameters and exceptions.

    Everything else stays, since it may be for the model. A docstring that describes no parameter stays as it is.
    """
    text = inspect.getdoc(function) or ""
    if not parameter_descriptions(function):
        return text
    kept = "\n".join(_without_sections(text.splitlines()))
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


def parameter_descriptions(function: Callable[..., Any]) -> dict[str, str]:
    """Return the descriptions of the parameters of `function` that its docstring has, by name."""
    try:
        parsed = parse(inspect.getdoc(function) or "")
    except ParseError:
        return {}
    # NumPy's style describes several at once: `x, y : float`.
    described = {
        name.strip(" *"): each.description
        for each in parsed.params
        if each.description and each.args[0] != "attribute"
        for name in each.arg_name.split(",")
    }
    return {name: described[name] for name in inspect.signature(function).parameters if name in described}


def _without_sections(lines: list[str]) -> Iterator[str]:
    """The lines that are not about parameters or exceptions."""
    in_google = in_numpy = in_field = False
    for number, line in enumerate(lines):
        is_indented, following = line[:1].isspace(), lines[number + 1] if number + 1 < len(lines) else ""
        if in_numpy and UNDERLINE.match(line):
            continue
        if UNDERLINE.match(following):
            in_numpy = NUMPY_SECTION.match(line) is not None
        in_google = GOOGLE_SECTION.match(line) is not None or (in_google and (is_indented or not line.strip()))
        in_field = SPHINX_FIELD.match(line) is not None or (in_field and is_indented)
        if not (in_google or in_numpy or in_field):
            yield RETURNED.sub(r"Returns: \1", line)

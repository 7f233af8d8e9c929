"""RFC 6570 URI templates, read backwards: the values of the variables that expand to a URI.

A URI is the client's input, so it is matched by RE2, whose time is linear in the URI's length. A template can be
ambiguous: `{author}-{title}` makes `a-b-c` in two ways. From left to right, each unnamed value is as short as the rest
of the template allows (author `a`, title `b-c`), and an expression that can be left out is there where it can be.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import re2

from mcp_api.schemas.declaration_errors import DeclarationError

FAULT = "mcp_api.E008"
EXPRESSION = re.compile(r"\{([^{}]*)\}")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\*?)")
# Of a value, where only what stands before and after it tells where it ends.
ONE_SEGMENT = "[^/?#]+?"
SEGMENTS = "[^/?#]+(?:/[^/?#]+)*"

Values = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Operator:
    """RFC 6570, section 3.2.1: what an expansion begins with, what stands between its values, and whether each is
    named there (`?author=ada&year=1843`).
    """

    first: str
    between: str
    named: bool = False
    value: str = ONE_SEGMENT


OPERATORS = {
    "": Operator("", ","),
    "+": Operator("", ",", value=".+?"),
    "#": Operator("#", ",", value=".+?"),
    ".": Operator(".", "."),
    "/": Operator("/", "/"),
    ";": Operator(";", ";", named=True, value="[^;/?#]*"),
    "?": Operator("?", "&", named=True, value="[^&#]*"),
    "&": Operator("&", "&", named=True, value="[^&#]*"),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """What stands in braces: an operator, and variables, each with whether it is a list (`{/path*}`)."""

    operator: Operator
    variables: dict[str, bool]

    @property
    def pattern(self) -> str:
        """Of its expansion. What its operator begins may be left out, as it is where a variable has no value."""
        first, between = re2.escape(self.operator.first), re2.escape(self.operator.between)
        if self.operator.named:
            # Read apart: by name, in whatever order. All of it is in the group of the first.
            value = self.operator.value
            return f"(?P<{next(iter(self.variables))}>(?:{first}{value}(?:{between}{value})*)?)"
        groups = [self._group(name, many) for name, many in self.variables.items()]
        if not first:
            return between.join(groups)
        pattern = ""
        for group in reversed(groups[1:]):
            pattern = f"(?:{between}{group}{pattern})?"
        return f"(?:{first}{groups[0]}{pattern})?"

    def _group(self, name: str, many: bool) -> str:
        """A list is one group, which is split where it is read."""
        value = self.operator.value
        return f"(?P<{name}>{SEGMENTS if many and self.operator.between == '/' else value})"

    def read(self, found: Mapping[str, str | None]) -> Values | None:
        """The values of its variables, decoded, from what the pattern `found`; None where a name is none of them."""
        if self.operator.named:
            return self._read_named(found[next(iter(self.variables))] or "")
        values: Values = {}
        for name, many in self.variables.items():
            raw = found[name]
            if raw is not None:
                values[name] = [unquote(each) for each in raw.split(self.operator.between)] if many else unquote(raw)
        return values

    def _read_named(self, expansion: str) -> Values | None:
        values: Values = {}
        many: dict[str, list[str]] = {}
        for pair in filter(None, expansion[1:].split(self.operator.between)):
            name, _, value = pair.partition("=")
            if name not in self.variables:
                return None
            if self.variables[name]:
                many.setdefault(name, []).append(unquote(value))
            else:
                values[name] = unquote(value)
        return values | many


@dataclass(frozen=True, slots=True)
class Template:
    """A URI, or a template of many, by its `variables`."""

    expressions: list[Expression]
    # Of RE2, which has no types.
    pattern: Any

    @property
    def variables(self) -> set[str]:
        return {name for expression in self.expressions for name in expression.variables}

    def match(self, uri: str) -> Values | None:
        """The values of the variables in `uri`; None where it is no expansion of the template."""
        found = self._groups(uri)
        if found is None:
            return None
        values: Values = {}
        for expression in self.expressions:
            read = expression.read(found)
            if read is None:
                return None
            values |= read
        return values

    def _groups(self, uri: str) -> Mapping[str, str | None] | None:
        try:
            found = self.pattern.fullmatch(uri)
        except UnicodeEncodeError:
            # A lone surrogate, which RE2 cannot be given.
            return None
        return found.groupdict() if found is not None else None


def require_scheme(uri: str) -> None:
    """Raise DeclarationError for what is no URI (RFC 3986, section 3)."""
    if SCHEME.match(uri) is None:
        hint = "It begins with a scheme, such as your app's name: library://books."
        raise DeclarationError(FAULT, f"{uri!r} is no URI.", hint)


def template_of(uri: str) -> Template:
    """Raises DeclarationError for a template that cannot be read backwards."""
    expressions = [_expression(uri, body) for body in EXPRESSION.findall(uri)]
    names = [name for expression in expressions for name in expression.variables]
    if len(set(names)) < len(names):
        raise DeclarationError(FAULT, f"{uri!r} names a variable twice.", "Each variable stands in one place.")
    literals = [re2.escape(literal) for literal in EXPRESSION.split(uri)[::2]]
    if any(brace in literal for literal in literals for brace in "{}"):
        raise DeclarationError(FAULT, f"{uri!r} has a brace too many.", "Variables stand in braces: {number}.")
    patterns = [*(expression.pattern for expression in expressions), ""]
    return Template(
        expressions, re2.compile("".join(part for pair in zip(literals, patterns, strict=True) for part in pair))
    )


def _expression(uri: str, body: str) -> Expression:
    operator = body[:1] if body[:1] in OPERATORS else ""
    return Expression(OPERATORS[operator], dict(_variables(uri, body.removeprefix(operator))))


def _variables(uri: str, names: str) -> Iterator[tuple[str, bool]]:
    for name in names.split(","):
        variable = VARIABLE.fullmatch(name)
        if variable is None:
            hint = "A variable is a name, with * where it is a list. A part of one, {name:3}, does not tell the whole."
            raise DeclarationError(FAULT, f"{{{name}}} in {uri!r} cannot be read back.", hint)
        yield variable[1], bool(variable[2])

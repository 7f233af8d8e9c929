"""Matching of RFC 6570 URI templates: from a URI to the values of the variables that expand to it.

A URI is client input, so it is matched by RE2, whose time is linear in the URI's length. A template can be ambiguous:
`{author}-{title}` expands to `a-b-c` in two ways. From left to right, each unnamed value is as short as the rest of the
template allows (author `a`, title `b-c`), and an optional expression is present if it can be.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import re2

from mcp_api.schemas.declaration_errors import DeclarationError

CHECK_ID = "mcp_api.E008"
EXPRESSION = re.compile(r"\{([^{}]*)\}")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\*?)")
# Patterns of values. The rest of the template determines where a value ends.
ONE_SEGMENT = "[^/?#]+?"
SEGMENTS = "[^/?#]+(?:/[^/?#]+)*"

Values = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator of RFC 6570, section 3.2.1: the first character of an expansion, the separator of its values, and
    whether each value is named (`?author=ada&year=1843`).
    """

    first: str
    separator: str
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
    """The expression within braces: an operator, and variables, each with whether it is a list (`{/path*}`)."""

    operator: Operator
    variables: dict[str, bool]

    @property
    def pattern(self) -> str:
        """The pattern of its expansion. One that begins with an operator is optional: it is empty without values."""
        first, separator = re2.escape(self.operator.first), re2.escape(self.operator.separator)
        if self.operator.named:
            # The group of the first variable holds all of it: names may come in any order.
            value = self.operator.value
            return f"(?P<{next(iter(self.variables))}>(?:{first}{value}(?:{separator}{value})*)?)"
        groups = [self._group(name, many) for name, many in self.variables.items()]
        if not first:
            return separator.join(groups)
        pattern = ""
        for group in reversed(groups[1:]):
            pattern = f"(?:{separator}{group}{pattern})?"
        return f"(?:{first}{groups[0]}{pattern})?"

    def _group(self, name: str, many: bool) -> str:
        """The group of one variable. A list is one group, which `read` splits."""
        value = self.operator.value
        return f"(?P<{name}>{SEGMENTS if many and self.operator.separator == '/' else value})"

    def read(self, found: Mapping[str, str | None]) -> Values | None:
        """Return the decoded values of its variables from the groups `found`; None for an unknown name."""
        if self.operator.named:
            return self._read_named(found[next(iter(self.variables))] or "")
        values: Values = {}
        for name, many in self.variables.items():
            raw = found[name]
            if raw is not None:
                values[name] = [unquote(each) for each in raw.split(self.operator.separator)] if many else unquote(raw)
        return values

    def _read_named(self, expansion: str) -> Values | None:
        values: Values = {}
        many: dict[str, list[str]] = {}
        for pair in filter(None, expansion[1:].split(self.operator.separator)):
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
    """A URI, or a template with `variables`."""

    expressions: list[Expression]
    # A pattern of RE2, which has no type stubs.
    pattern: Any

    @property
    def variables(self) -> set[str]:
        return {name for expression in self.expressions for name in expression.variables}

    def match(self, uri: str) -> Values | None:
        """Return the values of the variables in `uri`; None if it is not an expansion of the template."""
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
            # A lone surrogate, which cannot be passed to RE2.
            return None
        return found.groupdict() if found is not None else None


def require_scheme(uri: str) -> None:
    """Raise DeclarationError if `uri` has no scheme (RFC 3986, section 3)."""
    if SCHEME.match(uri) is None:
        hint = "Begin with a scheme, such as your app's name: library://books."
        raise DeclarationError(CHECK_ID, f"{uri!r} is not a URI.", hint)


def template_of(uri: str) -> Template:
    """Return the template of `uri`. Raises DeclarationError for one that cannot be matched."""
    expressions = [_expression(uri, body) for body in EXPRESSION.findall(uri)]
    names = [name for expression in expressions for name in expression.variables]
    if len(set(names)) < len(names):
        raise DeclarationError(CHECK_ID, f"{uri!r} names a variable twice.", "Use each variable once.")
    literals = [re2.escape(literal) for literal in EXPRESSION.split(uri)[::2]]
    if any(brace in literal for literal in literals for brace in "{}"):
        raise DeclarationError(CHECK_ID, f"{uri!r} has unbalanced braces.", "Put each variable in braces: {number}.")
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
            hint = "A variable is a name, with * for a list. A prefix, {name:3}, does not determine the value."
            raise DeclarationError(CHECK_ID, f"{{{name}}} in {uri!r} cannot be matched.", hint)
        yield variable[1], bool(variable[2])

"""Descriptions of invalid input: which field breaks which rule, never what the client sent.

Each has two forms: sentences for the client, and a line for the audit log, which names only fields that the server
declares. A client may name an argument after a secret, too.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import ValidationError as SchemaViolation
from mcp_types.jsonrpc import INVALID_PARAMS
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mcp_api.errors import McpError

MOST_PROBLEMS_TOLD = 5
# Names that a client made up are shown, but not at any length.
LONGEST_NAME = 64
LONGEST_RULE = 200
UNKNOWN = "(an unknown name)"

# Rules of pydantic whose own message repeats the value, or a part of it.
WITHOUT_VALUE = {
    "import_error": "Input should be a valid Python path",
    "url_parsing": "Input should be a valid URL",
    "url_syntax_violation": "Input should be a valid URL",
    "uuid_parsing": "Input should be a valid UUID",
    "zoneinfo_str": "Input should be a valid time zone",
    "bytes_invalid_encoding": "Input should be validly encoded",
}
# Rules of JSON Schema that say all in their name; of the others the keyword's value says what is allowed.
COMBINATIONS = {"allOf", "anyOf", "oneOf", "not", "if", "contains", "dependentSchemas", "propertyNames"}
CLOSED = {"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items"}
# Their messages name properties of the schema alone.
MISSING = {"required", "dependentRequired"}


# JSON Schema's types, as sentences name them.
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class Unfit(ValueError):
    """Data that does not fit: the text is for the client, `detail` for the audit log."""

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text)
        self.detail = detail


# --- pydantic ----------------------------------------------------------------------------------


def explain(error: ValidationError, whole: str = "arguments") -> str:
    """A line for each problem, in the client's own names; `whole` names what was checked."""
    problems = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS_TOLD]
    return "\n".join(f"{path(problem['loc']) or whole}: {_message(problem)}" for problem in problems)


def summarize(error: ValidationError, whole: str = "arguments", *, depth: int = 1) -> str:
    """The same for the audit log. Names down to `depth` are those of the model, unless it knows no such name."""
    problems = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS_TOLD]
    return ", ".join(f"{_declared(problem, depth) or whole}: {problem['type']}" for problem in problems)


def invalid_params(error: ValidationError) -> McpError:
    """The error for a request that is not what its method takes; MCP itself names the first two levels."""
    detail = f"Invalid params: {summarize(error, 'params', depth=2)}"
    return McpError(INVALID_PARAMS, f"Invalid params:\n{explain(error)}", detail=detail)


def path(names: Iterable[Any]) -> str:
    """Where a problem is: `filters.0.name`."""
    return ".".join(str(name)[:LONGEST_NAME] for name in names)


def _message(problem: ErrorDetails) -> str:
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        return f"The tag {context['discriminator']} must be one of {context['expected_tags']}"
    return WITHOUT_VALUE.get(problem["type"], problem["msg"])


def _declared(problem: ErrorDetails, depth: int) -> str:
    names = problem["loc"][:depth]
    if problem["type"] == "extra_forbidden" and len(problem["loc"]) <= depth:
        names = (*names[:-1], UNKNOWN)
    return path(names)


# --- JSON Schema -------------------------------------------------------------------------------


def explain_violations(violations: Iterable[SchemaViolation], whole: str = "arguments") -> str:
    """A line for each problem, in the client's own names; `whole` names what was checked."""
    return "\n".join(f"{path(each.absolute_path) or whole}: {_rule(each)}" for each in _first(violations))


def summarize_violations(
    violations: Iterable[SchemaViolation], schema: dict[str, Any], whole: str = "arguments"
) -> str:
    """The same for the audit log: `schema` declares the fields."""
    return ", ".join(f"{_field(each, schema) or whole}: {each.validator}" for each in _first(violations))


def _first(violations: Iterable[SchemaViolation]) -> Iterator[SchemaViolation]:
    return (violation for violation, _ in zip(violations, range(MOST_PROBLEMS_TOLD), strict=False))


def _rule(violation: SchemaViolation) -> str:
    keyword = str(violation.validator)
    if keyword in MISSING:
        return violation.message
    if keyword == "type":
        allowed = violation.validator_value
        kinds = [allowed] if isinstance(allowed, str) else allowed
        return f"Input should be {' or '.join(TYPES.get(kind, kind) for kind in kinds)}"
    if keyword in COMBINATIONS:
        return f"does not fit what the schema allows ({keyword})"
    if keyword in CLOSED and not violation.validator_value:
        return _surplus(violation)
    return f"does not fit {keyword}: {json.dumps(violation.validator_value, default=str)}"[:LONGEST_RULE]


def _surplus(violation: SchemaViolation) -> str:
    known = violation.schema.get("properties", {}) if isinstance(violation.schema, dict) else {}
    sent = violation.instance if isinstance(violation.instance, dict) else {}
    extra = [path([name]) for name in sent if name not in known][:MOST_PROBLEMS_TOLD]
    return f"not allowed: {', '.join(extra)}; allowed: {', '.join(known)}"[: 2 * LONGEST_RULE]


def _field(violation: SchemaViolation, schema: dict[str, Any]) -> str:
    names = list(violation.absolute_path)[:1]
    return path(names) if not names or names[0] in schema.get("properties", {}) else UNKNOWN

"""Messages about invalid input: the field and the rule, never the value that the client sent.

Each has two forms: sentences for the client, and a line for the audit log, which names only fields that the server
declares, since a client may put a secret into the name of an argument.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import ValidationError as SchemaViolation
from mcp_types.jsonrpc import INVALID_PARAMS
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mcp_api.errors import McpError

MOST_PROBLEMS = 5
# Names that the client sent are cut to this length.
LONGEST_NAME = 64
LONGEST_RULE = 200
UNKNOWN = "(an unknown name)"

# Rules of pydantic whose message contains the value, or a part of it.
WITHOUT_VALUE = {
    "import_error": "Input should be a valid Python path",
    "url_parsing": "Input should be a valid URL",
    "url_syntax_violation": "Input should be a valid URL",
    "uuid_parsing": "Input should be a valid UUID",
    "zoneinfo_str": "Input should be a valid time zone",
    "bytes_invalid_encoding": "Input should be validly encoded",
}
# Keywords of JSON Schema that are reported by name alone; others are reported with their value.
COMBINATIONS = {"allOf", "anyOf", "oneOf", "not", "if", "contains", "dependentSchemas", "propertyNames"}
CLOSED = {"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items"}
# Keywords whose messages contain only names from the schema.
MISSING = {"required", "dependentRequired"}

# JSON Schema's types, for sentences.
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
    """Invalid data: the text is for the client, `detail` for the audit log."""

    def __init__(self, text: str, detail: str) -> None:
        super().__init__(text)
        self.detail = detail


# --- pydantic ----------------------------------------------------------------------------------


def explain(error: ValidationError, whole: str = "arguments") -> str:
    """Return a line for each problem, with the names that the client sent; `whole` names the value itself."""
    problems = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
    return "\n".join(f"{path(problem['loc']) or whole}: {_message(problem)}" for problem in problems)


def summarize(error: ValidationError, whole: str = "arguments", *, depth: int = 1) -> str:
    """A line for the audit log. It has names down to `depth`, as the model declares them; UNKNOWN for other names."""
    problems = error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]
    return ", ".join(f"{_declared(problem, depth) or whole}: {problem['type']}" for problem in problems)


def invalid_params(error: ValidationError) -> McpError:
    """Return the error for a request with invalid params. MCP itself defines the names of the first two levels."""
    detail = f"Invalid params: {summarize(error, 'params', depth=2)}"
    return McpError(INVALID_PARAMS, f"Invalid params:\n{explain(error)}", detail=detail)


def path(names: Iterable[Any]) -> str:
    """Return the location of a problem: `filters.0.name`."""
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
    """Return a line for each problem, with the names that the client sent; `whole` names the value itself."""
    return "\n".join(f"{path(each.absolute_path) or whole}: {_rule(each)}" for each in _first(violations))


def summarize_violations(
    violations: Iterable[SchemaViolation], schema: dict[str, Any], whole: str = "arguments"
) -> str:
    """A line for the audit log. `schema` declares the names that it may contain."""
    return ", ".join(f"{_field(each, schema) or whole}: {each.validator}" for each in _first(violations))


def _first(violations: Iterable[SchemaViolation]) -> Iterator[SchemaViolation]:
    return (violation for violation, _ in zip(violations, range(MOST_PROBLEMS), strict=False))


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
        return _unexpected_names(violation)
    return f"does not fit {keyword}: {json.dumps(violation.validator_value, default=str)}"[:LONGEST_RULE]


def _unexpected_names(violation: SchemaViolation) -> str:
    known = violation.schema.get("properties", {}) if isinstance(violation.schema, dict) else {}
    sent = violation.instance if isinstance(violation.instance, dict) else {}
    extra = [path([name]) for name in sent if name not in known][:MOST_PROBLEMS]
    return f"not allowed: {', '.join(extra)}; allowed: {', '.join(known)}"[: 2 * LONGEST_RULE]


def _field(violation: SchemaViolation, schema: dict[str, Any]) -> str:
    names = list(violation.absolute_path)[:1]
    return path(names) if not names or names[0] in schema.get("properties", {}) else UNKNOWN

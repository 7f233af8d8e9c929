"""Arguments and results of tools whose JSON Schema does not come from a signature."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from jsonschema import ValidationError

from mcp_api.schemas.input_schema import MOST_ROUNDS, InvalidArguments
from mcp_api.schemas.lenient import reinterpreted
from mcp_api.schemas.output_schema import as_text
from mcp_api.schemas.portable import portable
from mcp_api.schemas.validation_messages import MOST_PROBLEMS, explain_violations, path, summarize_violations
from mcp_api.schemas.validator import violations

Schema = dict[str, Any]

# Arguments that are fitted to the schema in one round.
MOST_REFITTED = 200


@dataclass(frozen=True, slots=True)
class SchemaArguments:
    """The arguments of a function of a Context and a dict (compare mcp_api.schemas.input_schema.Arguments)."""

    schema: Schema
    context_parameter: str | None = "context"
    names: dict[str, str] = field(default_factory=dict)

    def json_schema(self) -> Schema:
        return portable(self.schema)

    def parameters(self) -> list[tuple[str, Schema, bool]]:
        required = self.schema.get("required", [])
        return [(name, described, name in required) for name, described in self.schema["properties"].items()]

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the keyword argument `arguments` for the function. Raises InvalidArguments."""
        if errors := self._violations(arguments):
            arguments = self._refitted(arguments, errors)
        if nul_errors := list(islice(nuls(arguments), MOST_PROBLEMS)):
            raise InvalidArguments("\n".join(nul_errors), "arguments: a NUL character")
        return {"arguments": arguments}

    def _refitted(self, arguments: dict[str, Any], errors: list[ValidationError]) -> dict[str, Any]:
        """Return `arguments` in the form that the schema allows. Raises InvalidArguments about what was sent."""
        changed, remaining = arguments, errors
        for _ in range(MOST_ROUNDS):
            refitted = reinterpreted(changed, [each.absolute_path for each in remaining], scalars=True)
            if refitted is None:
                break
            changed, remaining = refitted, self._violations(refitted)
            if not remaining:
                return changed
        raise InvalidArguments(explain_violations(errors), summarize_violations(errors, self.schema))

    def _violations(self, arguments: dict[str, Any]) -> list[ValidationError]:
        try:
            return violations(self.schema, arguments, most=MOST_REFITTED)
        except RecursionError as error:
            raise InvalidArguments.too_deep() from error


@dataclass(frozen=True, slots=True)
class SchemaResult:
    """A result that is JSON data already (compare mcp_api.schemas.output_schema.Result)."""

    schema: Schema

    @property
    def is_wrapped(self) -> bool:
        return self.schema.get("type") != "object"

    def json_schema(self) -> Schema:
        schema = portable(self.schema)
        if not self.is_wrapped:
            return schema
        return {"type": "object", "properties": {"result": schema}, "required": ["result"]}

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Return text for the model, and structured content. Raises ValueError if `value` does not fit the schema."""
        if errors := list(violations(self.schema, value)):
            problems = explain_violations(errors, "result").replace("\n", "; ")
            raise ValueError(f"The result does not fit its schema: {problems}")
        return as_text(value), {"result": value} if self.is_wrapped else value


def nuls(value: Any, where: str = "arguments") -> Iterator[str]:
    """A sentence for each string with a NUL character, which PostgreSQL does not store."""
    match value:
        case str() if "\x00" in value:
            yield f"{where}: must not contain a NUL character."
        case dict():
            for name, inner in value.items():
                yield from nuls(inner, path([name]))
        case list():
            for inner in value:
                yield from nuls(inner, where)

"""Arguments and results that a JSON Schema describes, where there is no signature to make one of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mcp_api.schemas.signature import InvalidArguments, as_text
from mcp_api.schemas.validation_messages import MOST_PROBLEMS_TOLD, explain_violations, path, summarize_violations
from mcp_api.schemas.validator import violations

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SchemaArguments:
    """What a function of a Context and a dict takes in that dict (compare mcp_api.schemas.signature.Arguments)."""

    schema: Schema
    context_parameter: str | None = "context"
    names: dict[str, str] = field(default_factory=dict)

    def json_schema(self) -> Schema:
        return self.schema

    def parameters(self) -> list[tuple[str, Schema, bool]]:
        required = self.schema.get("required", [])
        return [(name, described, name in required) for name, described in self.schema["properties"].items()]

    def check(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """`arguments` as the function's one parameter. Raises InvalidArguments."""
        try:
            found = violations(self.schema, arguments)
        except RecursionError as error:
            raise InvalidArguments.too_deep() from error
        if found:
            raise InvalidArguments(explain_violations(found), summarize_violations(found, self.schema))
        if found_nuls := list(islice(nuls(arguments), MOST_PROBLEMS_TOLD)):
            raise InvalidArguments("\n".join(found_nuls), "arguments: a NUL character")
        return {"arguments": arguments}


@dataclass(frozen=True, slots=True)
class SchemaResult:
    """Data that is made for JSON already (compare mcp_api.schemas.signature.Result)."""

    schema: Schema

    @property
    def is_wrapped(self) -> bool:
        return self.schema.get("type") != "object"

    def json_schema(self) -> Schema:
        if not self.is_wrapped:
            return self.schema
        return {"type": "object", "properties": {"result": self.schema}, "required": ["result"]}

    def shape(self, value: Any) -> tuple[str, dict[str, Any]]:
        """Text for the model and structured content. Raises ValueError where `value` is not that."""
        if found := list(violations(self.schema, value)):
            problems = explain_violations(found, "result").replace("\n", "; ")
            raise ValueError(f"The result is not what its schema says: {problems}")
        return as_text(value), {"result": value} if self.is_wrapped else value


def nuls(value: Any, where: str = "arguments") -> Iterator[str]:
    """Where there are NUL characters, which databases do not take."""
    match value:
        case str() if "\x00" in value:
            yield f"{where}: there is a NUL character."
        case dict():
            for name, inner in value.items():
                yield from nuls(inner, path([name]))
        case list():
            for inner in value:
                yield from nuls(inner, where)

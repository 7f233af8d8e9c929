"""The schema of a function's parameters, and the check of arguments against it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mcp_api.schemas.input_schema import InvalidArguments, arguments_of


def input_schema(function: Callable[..., Any]) -> dict[str, Any]:
    """The schema of the parameters, which must be valid and of the form that MCP requires."""
    schema = arguments_of(function).json_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    json.dumps(schema)
    return schema


def check(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    return arguments_of(function).check(arguments)


def problem(function: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(InvalidArguments) as refused:
        check(function, **arguments)
    return str(refused.value)

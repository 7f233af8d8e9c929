"""The schema of a registered tool, and parts of the result of a call."""

import re
from typing import Any

from mcp_api.registry import tools as registry


def schema_of(name: str) -> dict[str, Any]:
    return registry.tools[name].arguments.json_schema()


def data_of(result: dict[str, Any]) -> Any:
    assert not result.get("isError"), result
    structured = result["structuredContent"]
    return structured["result"] if set(structured) == {"result"} else structured


def refusal(result: dict[str, Any]) -> str:
    assert result["isError"], result
    return str(result["content"][0]["text"])


def text_of(result: dict[str, Any]) -> str:
    """Return the text of a result that has one text only."""
    [content] = result["content"]
    assert content["type"] == "text"
    return content["text"]


def has_only_a_reference(result: dict[str, Any], secret: str) -> bool:
    """Return whether the result of a defect names nothing but the reference in the log."""
    return (
        result["isError"]
        and re.fullmatch(r"The tool failed\. .* under [0-9a-f]{8}\.", text_of(result)) is not None
        and "structuredContent" not in result
        and secret not in str(result)
    )

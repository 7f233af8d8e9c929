"""The schema of a registered tool, and parts of the result of a call."""

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

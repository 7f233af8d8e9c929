"""Results of tools on the wire (spec: server/tools, Tool Result)."""

from collections.abc import Iterator
from typing import Any

from mcp_types import CallToolResult

from accounts.db.text import without_surrogates
from mcp_api.protocol.encoding import require_encodable
from mcp_api.registry.tools import Tool
from mcp_api.schemas.content import as_blocks, has_content
from mcp_api.schemas.output_schema import as_text
from mcp_api.schemas.rows import to_plain

STRUCTURED_SINCE = "2025-06-18"


class ToolFailed(Exception):
    """An error of a tool. `result` is the result for the model; the writes of the call are rolled back.

    `reason` and `detail` are for the audit log.
    """

    def __init__(self, reason: str, text: str, result: dict[str, Any] | None = None, *, detail: str = "") -> None:
        text = without_surrogates(text)
        super().__init__(text)
        self.reason, self.detail = reason, detail
        self.result = result or {"content": [{"type": "text", "text": text}], "isError": True}


def shape(tool: Tool, value: Any, version: str) -> dict[str, Any]:
    """Return the result for the value that `tool` returned, for a client of the revision `version`.

    Raises ToolFailed for a CallToolResult that is an error, and AuthorError for a value that has no JSON form or is not
    of the declared type.
    """
    if isinstance(value, CallToolResult):
        return _given(value)
    if tool.result is not None:
        text, structured = tool.result.shape(value)
        return _in_form(tool, as_blocks(text), structured, version)
    if value is None:
        return {"content": []}
    if isinstance(value, Iterator):
        value = list(value)
    if has_content(value):
        blocks = as_blocks(value)
        require_encodable(blocks, "The result")
        return {"content": blocks}
    plain = to_plain(value)
    content = as_blocks(as_text(plain))
    return _in_form(tool, content, _as_object(plain), version) if tool.is_data else {"content": content}


def _in_form(tool: Tool, text: list[Any], structured: dict[str, Any], version: str) -> dict[str, Any]:
    """Return structured data in the form of `tool`; clients of a revision without structured content get text too."""
    if tool.form == "text":
        return {"content": text}
    is_alone = tool.form == "structured" and version >= STRUCTURED_SINCE
    return {"content": [] if is_alone else text, "structuredContent": structured}


def _given(value: CallToolResult) -> dict[str, Any]:
    """Return a result that the tool made itself."""
    result = value.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"result_type"})
    if value.structured_content is not None:
        plain = to_plain(value.structured_content)
        as_text(plain)
        result["structuredContent"] = _as_object(plain)
    require_encodable(result, "The result")
    if result.pop("isError"):
        texts = [block["text"] for block in result["content"] if "text" in block]
        raise ToolFailed("tool_error", "\n".join(texts), {**result, "isError": True})
    return result


def _as_object(plain: Any) -> dict[str, Any]:
    """Return a JSON value as structured content, which is an object (spec: server/tools)."""
    return plain if isinstance(plain, dict) else {"result": plain}

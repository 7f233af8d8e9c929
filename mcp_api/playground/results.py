"""Results of tool calls, for the page and for the command line."""

import json
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts.resource_server.bearer import Principal
from mcp_api.playground.tables import Shown, as_table, repeats


@dataclass
class Outcome:
    """The outcome of a call as a client gets it. `refusal` is set if the tool did not run.

    `command` is the same call with manage.py; empty if there is none.
    """

    result: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    milliseconds: int = 0
    command: str = ""

    @property
    def is_error(self) -> bool:
        return bool(self.result.get("isError"))

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        needs_input = self.result.get("resultType") == "input_required"
        return dict(self.result["inputRequests"]) if needs_input else {}

    @property
    def blocks(self) -> list[dict[str, str]]:
        """The content for the page, without the text that repeats what the table shows."""
        contents, data = self.result.get("content", []), self.result.get("structuredContent")
        if self.table:
            contents = [each for each in contents if each["type"] != "text" or not repeats(each["text"], data)]
        return [block_of(content) for content in contents]

    @cached_property
    def table(self) -> Shown | None:
        return as_table(self.result.get("structuredContent"))

    @property
    def structured(self) -> str:
        data = self.result.get("structuredContent")
        return "" if data is None else pretty(data)

    @property
    def message_lines(self) -> list[str]:
        return [line_of(message) for message in self.messages]


def block_of(content: dict[str, Any]) -> dict[str, str]:
    match content:
        case {"type": "text", "text": text}:
            return {"kind": "text", "text": text}
        case {"type": "image", "mimeType": str(mime), "data": data} if mime.startswith("image/"):
            return {"kind": "image", "source": f"data:{mime};base64,{data}"}
        case {"type": "audio", "mimeType": str(mime), "data": data} if mime.startswith("audio/"):
            return {"kind": "audio", "source": f"data:{mime};base64,{data}"}
        case _:
            return {"kind": "text", "text": pretty(content)}


def line_of(message: dict[str, Any]) -> str:
    params = message["params"]
    if message["method"] == "notifications/progress":
        total = f" of {params['total']:g}" if "total" in params else ""
        return f"{params['progress']:g}{total} {params.get('message', '')}".rstrip()
    data = params["data"]
    return f"{params['level']}: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}"


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


# An answer that `manage.py mcp` cannot give: it accepts or declines.
CANCELLED = "cancel"


def command_line(name: str, arguments: dict[str, Any], principal: Principal, answers: list[Any]) -> str:
    """The call as a shell command, with the `answers` to its questions in order; empty if one was cancelled."""
    if CANCELLED in answers:
        return ""
    pairs = [
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in arguments.items()
    ]
    options = ["--toolset", principal.endpoint] if principal.endpoint else []
    options += [part for each in answers for part in ("--answer", json.dumps(each, ensure_ascii=False))]
    return shlex.join(
        ["python", "manage.py", "mcp", "call", name, *pairs, "--user", principal.user.get_username(), *options]
    )


def command_answer(answer: dict[str, Any]) -> Any:
    """The value of --answer: a form's content, true or false to confirm, None to decline. CANCELLED if it has none."""
    if answer["action"] != "accept":
        return None if answer["action"] == "decline" else CANCELLED
    content = answer.get("content", {})
    is_confirmation = list(content) == ["confirmed"] and isinstance(content["confirmed"], bool)
    return content["confirmed"] if is_confirmation else content

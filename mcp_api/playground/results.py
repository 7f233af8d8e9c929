"""Results of a tool, made ready to be shown."""

import json
import shlex
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Outcome:
    """What a client would see. `refusal` is there where the call was not even begun."""

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
        asks = self.result.get("resultType") == "input_required"
        return dict(self.result["inputRequests"]) if asks else {}

    @property
    def blocks(self) -> list[dict[str, str]]:
        return [block_of(content) for content in self.result.get("content", [])]

    @property
    def structured(self) -> str:
        data = self.result.get("structuredContent")
        return "" if data is None else pretty(data)

    @property
    def heard(self) -> list[str]:
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


def command_line(name: str, arguments: dict[str, Any], username: str, answers: list[Any]) -> str:
    """The same call from a terminal, with the `answers` to its questions in their order."""
    told = [
        f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in arguments.items()
    ]
    given = [part for each in answers for part in ("--answer", json.dumps(each, ensure_ascii=False))]
    return shlex.join(["python", "manage.py", "mcp", "call", name, *told, "--user", username, *given])


def typed_answer(answer: dict[str, Any]) -> Any:
    """The answer to a question as the command takes it: what a form has, true or false to confirm, null to decline."""
    if answer["action"] != "accept":
        return None
    content = answer.get("content", {})
    is_confirmation = list(content) == ["confirmed"] and isinstance(content["confirmed"], bool)
    return content["confirmed"] if is_confirmation else content

"""The client."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client as HttpClient
from django.urls import reverse
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from mcp_types.jsonrpc import MISSING_REQUIRED_CLIENT_CAPABILITY
from mcp_types.version import LATEST_MODERN_VERSION

from accounts.http.address import resource_at
from accounts.models import Client
from accounts.user_model import User
from mcp_api.extensions.tasks import worker
from mcp_api.extensions.tasks.extension import IDENTIFIER as TASKS
from mcp_api.input_requests import questions
from mcp_api.input_requests.questions import AnswerValue
from mcp_api.protocol.headers import NAMED_BY
from mcp_api.registry import tools as registry
from mcp_api.testing.threads import in_this_thread
from mcp_api.testing.wire import encoded, issue_token, messages_of

MOST_ROUNDS = 20
# Capabilities of a client that can be asked.
QUESTIONS = {"elicitation", "sampling", "roots"}


class McpClientError(Exception):
    """A refused request: code, message and data of a JSON-RPC error, or an HTTP status and its body."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data = code, message, data


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool. `data` is its structured content, as the function returned it; `text` is for the model.

    `messages` are the notifications before it, `asked` the questions that were answered during the call.
    """

    content: list[dict[str, Any]]
    data: Any = None
    is_error: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(block["text"] for block in self.content if block["type"] == "text")


class McpClient:
    """A client to which `user` has granted `scopes` (default: all).

    `answers` are the answers to a tool's questions, in order: a dict for a form that is accepted, True or False for a
    `context.confirm`, None to decline. Without `answers`, the client does not declare that it can ask. `toolset` is
    the name of the toolset to whose endpoint it connects; "" for /mcp.
    """

    def __init__(
        self,
        user: User,
        scopes: Iterable[str] | None = None,
        *,
        answers: Iterable[AnswerValue] | None = None,
        toolset: str = "",
    ) -> None:
        self.answers = None if answers is None else list(answers)
        self.client = Client.objects.create(name="Test client", redirect_uris="http://localhost/callback")
        self.token, self.url = (
            issue_token(user, self.client, scopes, toolset),
            resource_at(reverse("mcp_api:mcp"), toolset),
        )
        self.messages: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    def tools(self) -> dict[str, dict[str, Any]]:
        """Return the tools that the person may use, by name."""
        return {tool["name"]: tool for tool in self._all("tools/list", "tools")}

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources by URI, and the templates by URI template."""
        templates = {each["uriTemplate"]: each for each in self._all("resources/templates/list", "resourceTemplates")}
        return {**{each["uri"]: each for each in self._all("resources/list", "resources")}, **templates}

    def prompts(self) -> dict[str, dict[str, Any]]:
        """Return the prompts by name."""
        return {prompt["name"]: prompt for prompt in self._all("prompts/list", "prompts")}

    def call(self, tool: str, /, **arguments: Any) -> ToolResult:
        """Call a tool. Raises McpClientError for an unknown tool or a missing scope; an error of the tool itself is a
        result with `is_error`.
        """
        result = self.request("tools/call", {"name": tool, "arguments": arguments})
        data = result.get("structuredContent")
        if data is not None and set(data) == {"result"}:
            data = data["result"]
        return ToolResult(result["content"], data, result.get("isError", False), self.messages, self.asked)

    def read(self, uri: str) -> dict[str, Any]:
        """Return the contents at `uri`, in `text`, or as Base64 in `blob`. Raises McpClientError if there are none."""
        [contents] = self.request("resources/read", {"uri": uri})["contents"]
        return dict(contents)

    def prompt(self, name: str, /, **arguments: str) -> list[dict[str, Any]]:
        """Return the messages of a prompt. Raises McpClientError."""
        return list(self.request("prompts/get", {"name": name, "arguments": arguments})["messages"])

    def complete(self, of: str, argument: str, typed: str = "", /, **chosen: str) -> list[str]:
        """Return the proposed values for an argument of a prompt, or a variable of a resource template.

        `of` is the prompt's name, or the URI template; `typed` is the text so far; `chosen` are arguments that were
        filled in before. Raises McpClientError.
        """
        # A URI has a scheme.
        ref = {"type": "ref/resource", "uri": of} if ":" in of else {"type": "ref/prompt", "name": of}
        params = {"ref": ref, "argument": {"name": argument, "value": typed}, "context": {"arguments": chosen}}
        return list(self.request("completion/complete", params)["completion"]["values"])

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send any request, answer its questions, and return the result. Raises McpClientError."""
        self.messages, self.asked = [], []
        retry: dict[str, Any] = {}
        for _ in range(MOST_ROUNDS):
            result = self._send(method, {**(params or {}), **retry})
            if result.get("resultType") == "task":
                return self._run_task(result["taskId"])
            if result.get("resultType") != "input_required":
                return result
            asked = result["inputRequests"]
            retry = {
                "requestState": result["requestState"],
                "inputResponses": {key: self._answer(question) for key, question in asked.items()},
            }
        raise AssertionError(f"{method} still asks after {MOST_ROUNDS} rounds.")

    def _run_task(self, task_id: str) -> dict[str, Any]:
        """Run a task to its end, in this thread, answer its questions, and return its result."""
        for _ in range(MOST_ROUNDS):
            with in_this_thread():
                worker.run(task_id)
            state = self._send("tasks/get", {"taskId": task_id})
            if "result" in state:
                return dict(state["result"])
            if "error" in state:
                raise McpClientError(state["error"]["code"], state["error"]["message"], state["error"].get("data"))
            answers = {key: self._answer(question) for key, question in state.get("inputRequests", {}).items()}
            self._send("tasks/update", {"taskId": task_id, "inputResponses": answers})
        raise AssertionError(f"The task still asks after {MOST_ROUNDS} rounds.")

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(question)
        if not self.answers:
            raise AssertionError(f"There is no answer for: {question['params'].get('message', question)}")
        return questions.answered(question, self.answers.pop(0))

    def _all(self, method: str, member: str) -> Iterator[dict[str, Any]]:
        cursor: dict[str, Any] = {}
        while True:
            page = self.request(method, cursor)
            yield from page[member]
            if "nextCursor" not in page:
                return
            cursor = {"cursor": page["nextCursor"]}

    def _send(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        capabilities: dict[str, Any] = {} if self.answers is None else {"elicitation": {"form": {}, "url": {}}}
        if _needs_tasks(method, params):
            capabilities["extensions"] = {TASKS: {}}
        meta = {
            PROTOCOL_VERSION_META_KEY: LATEST_MODERN_VERSION,
            CLIENT_CAPABILITIES_META_KEY: capabilities,
            "progressToken": 1,
            "io.modelcontextprotocol/logLevel": "debug",
        }
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": LATEST_MODERN_VERSION,
            "Mcp-Method": method,
        }
        # The header repeats a value of the body, in Base64, as the value may be any string.
        if method in NAMED_BY:
            headers["Mcp-Name"] = encoded(str(params[NAMED_BY[method]]))
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        with in_this_thread():
            response = HttpClient().post(self.url, json.dumps(body), content_type="application/json", headers=headers)
            *notifications, reply = messages_of(response)
        self.messages.extend(notifications)
        if "result" in reply:
            return dict(reply["result"])
        error = reply["error"]
        if isinstance(error, str):
            raise McpClientError(response.status_code, reply.get("error_description", error), reply)
        message = error["message"]
        if error["code"] == MISSING_REQUIRED_CLIENT_CAPABILITY and self.answers is None and _asks(error):
            message += " Pass answers=[…] to McpClient, with an answer for each question."
        raise McpClientError(error["code"], message, error.get("data"))


def _asks(error: dict[str, Any]) -> bool:
    """Return whether the capability that the client lacks is that of questions."""
    return bool(QUESTIONS & error.get("data", {}).get("requiredCapabilities", {}).keys())


def _needs_tasks(method: str, params: dict[str, Any]) -> bool:
    """Return whether the request is about a task, or calls a tool that only clients with tasks may call."""
    tool = registry.find(params.get("name")) if method == "tools/call" else None
    return method.startswith("tasks/") or (tool is not None and tool.task == "required")

"""Tasks as an extension of the Python SDK's client, which FastMCP's client takes as it is."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import anyio
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.session import ClientSession
from mcp_types import CallToolResult, ElicitResult, Request, RequestParams, Result

TERMINAL = ("completed", "failed", "cancelled")
ANSWER = {"action": "accept", "content": {"city": "Oslo", "confirmed": True}}


class CreatedTask(Result):
    result_type: Literal["task"]
    task_id: str
    status: str
    poll_interval_ms: int


class TaskState(Result):
    result_type: Literal["complete"]
    task_id: str
    status: str
    status_message: str = ""
    poll_interval_ms: int
    input_requests: dict[str, dict[str, Any]] = {}
    result: CallToolResult | None = None
    error: dict[str, Any] | None = None


class TaskParams(RequestParams):
    task_id: str


class UpdateParams(TaskParams):
    input_responses: dict[str, Any]


class GetTask(Request[TaskParams, Literal["tasks/get"]]):
    method: Literal["tasks/get"] = "tasks/get"
    name_param = "taskId"


class UpdateTask(Request[UpdateParams, Literal["tasks/update"]]):
    method: Literal["tasks/update"] = "tasks/update"
    name_param = "taskId"


class CancelTask(Request[TaskParams, Literal["tasks/cancel"]]):
    method: Literal["tasks/cancel"] = "tasks/cancel"
    name_param = "taskId"


class Tasks(ClientExtension):
    """Follows each task to its end, answers its questions, and keeps the `states` that it saw.

    `meanwhile` is awaited with the session after the first state.
    """

    identifier = "io.modelcontextprotocol/tasks"

    def __init__(self, meanwhile: Callable[[ClientSession, str], Awaitable[None]] | None = None) -> None:
        self.meanwhile = meanwhile
        self.states: list[TaskState] = []

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=CreatedTask, resolve=self.follow)]

    async def follow(self, created: CreatedTask, context: ClaimContext) -> CallToolResult:
        session, params = context.session, TaskParams(task_id=created.task_id)
        while True:
            state = await session.send_request(GetTask(params=params), TaskState)
            self.states.append(state)
            if state.status in TERMINAL:
                return state.result or CallToolResult(content=[], is_error=True)
            if state.status == "input_required":
                responses = dict.fromkeys(state.input_requests, ANSWER)
                update = UpdateParams(task_id=created.task_id, input_responses=responses)
                await session.send_request(UpdateTask(params=update), Result)
            if self.meanwhile is not None and len(self.states) == 1:
                await self.meanwhile(session, created.task_id)
            await anyio.sleep(state.poll_interval_ms / 1000)

    @property
    def statuses(self) -> list[str]:
        """Return each status that the task had, in order."""
        seen = [state.status for state in self.states]
        return [status for status, before in zip(seen, ["", *seen], strict=False) if status != before]

    @property
    def messages(self) -> list[str]:
        return [state.status_message for state in self.states]


async def cancel(session: ClientSession, task_id: str) -> None:
    await session.send_request(CancelTask(params=TaskParams(task_id=task_id)), Result)


async def elicit(*_: Any) -> ElicitResult:
    """Declare that the client answers questions. Those of tasks are the extension's to answer."""
    raise AssertionError("This is no question of a task.")

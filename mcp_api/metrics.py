"""Prometheus metrics of the MCP server (accounts/metrics.py says which labels are allowed)."""

from mcp_types import jsonrpc
from prometheus_client import Counter, Gauge, Histogram

from accounts.audit import events
from accounts.metrics import OTHER
from accounts.models import UNFINISHED, Event
from mcp_api.extensions import registry as extensions
from mcp_api.extensions.tasks import pool
from mcp_api.methods import subscriptions
from mcp_api.methods.table import HANDLERS
from mcp_api.registry import tools as registry
from mcp_api.streams import open_streams

CALL = "tools/call"
METHODS = frozenset((*HANDLERS, subscriptions.LISTEN, *extensions.methods))
# Reasons for which a request was refused or failed: the server's own, and JSON-RPC's codes.
REASONS = frozenset(
    (
        *("", "input_required", "cancelled", "timeout", "server_stopped", "task_created"),
        *("defect", "tool_error", "invalid_arguments"),
        *("insufficient_scope", "too_many_calls", "foreign_origin", "missing_token", "malformed_token"),
        *(
            "unknown_token",
            "expired_token",
            "revoked_token",
            "foreign_token",
            "unknown_endpoint",
            "suspended_client",
            "suspended_person",
        ),
        *("bound_token", "unbound_token", "foreign_key", "invalid_dpop_proof", "use_dpop_nonce"),
        *(str(code) for code in vars(jsonrpc).values() if isinstance(code, int)),
    )
)

requests = Counter(
    "mcp_requests",
    "Requests, by method. The method is empty if the request could not be parsed.",
    ["method", "outcome"],
)
refused = Counter("mcp_requests_refused", "Requests that were refused, by reason.", ["reason"])
calls = Counter("mcp_tool_calls", "Calls of tools, by outcome.", ["tool", "outcome", "reason"])
call_seconds = Histogram("mcp_tool_call_seconds", "Duration of calls, from arrival to end.", ["tool"])
# With a label, as a figure without one makes a file when it is imported, before a worker has its folder.
tasks = Gauge("mcp_tasks", "Tasks of the server's processes.", ["state"], multiprocess_mode="livesum")
idle_tasks = Gauge("mcp_tasks_idle", "Tasks that do not run.", ["state"], multiprocess_mode="livemostrecent")
streams = Gauge("mcp_open_streams", "Open streams.", ["kind"], multiprocess_mode="livesum")


def count(event: Event) -> None:
    if event.kind != Event.Kind.MCP:
        return
    method, _, name = event.action.partition(" ")
    reason = event.reason if event.reason in REASONS else OTHER
    requests.labels(method if method in METHODS or not method else OTHER, event.outcome).inc()
    if event.outcome == Event.Outcome.REFUSED:
        refused.labels(reason).inc()
    if method == CALL and reason not in UNFINISHED:
        tool = name if name in registry.tools else OTHER
        calls.labels(tool, event.outcome, reason).inc()
        call_seconds.labels(tool).observe((event.duration_ms or 0) / 1000)


def count_idle_tasks(numbers: dict[str, int]) -> None:
    """Set the numbers of tasks that wait for a run or for answers. Each process counts those of all."""
    for state, number in numbers.items():
        idle_tasks.labels(state).set(number)


def count_streams(listening: int, answering: int) -> None:
    """Set the numbers of open streams: `listening` ones end with their client, `answering` ones with their call."""
    streams.labels("listening").set(listening)
    streams.labels("answering").set(answering)


events.observers.append(count)
pool.idle_observers.append(count_idle_tasks)
pool.observers.append(lambda number: tasks.labels("running").set(number))
open_streams.observers.append(count_streams)

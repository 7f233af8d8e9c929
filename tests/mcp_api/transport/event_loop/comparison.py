"""Comparison of the event loop's replies and events with those of Django's view."""

import json
import re
from typing import Any

from accounts.models import Event
from tests.mcp_api.conftest import Caller
from tests.mcp_api.transport.event_loop.conftest import Loop, Reply, request

# Each reply has its own request id, and Django's test client sets no length.
IGNORED = dict.fromkeys(("x-request-id", "content-length"), "")
REFERENCE = re.compile(rb"(?:under|[Rr]eference) [0-9a-f]{8}")
NOT_COMPARED = {"id", "at", "request_id", "duration_ms"}


def columns(event: Event) -> dict[str, Any]:
    values = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
    values["detail"] = REFERENCE.sub(b"reference", event.detail.encode()).decode()
    return {name: value for name, value in values.items() if name not in NOT_COMPARED}


def assert_same_answer(reply: Reply, by_view: Any) -> None:
    """Check that `reply`, which came first, and that of the view are the same, and so are their events."""
    assert (reply.status, _message(reply.body)) == (by_view.status_code, _message(by_view.content))
    its = {name.lower(): value for name, value in by_view.headers.items()}
    assert {**reply.headers, **IGNORED} == {**its, **IGNORED}
    events = [columns(event) for event in Event.objects.order_by("pk")]
    assert events[: len(events) // 2] == events[len(events) // 2 :]


def assert_same(loop: Loop, caller: Caller, method: str, params: dict[str, Any] | None = None) -> Any:
    """Check that the reply, and its event, are those of the view. Return the reply."""
    Event.objects.all().delete()
    [reply] = loop.send(request(caller, method, params))
    assert_same_answer(reply, caller.modern(method, params))
    assert Event.objects.count() == 2
    return _message(reply.body)


def _message(body: bytes) -> Any:
    return json.loads(REFERENCE.sub(b"reference", body)) if body else None

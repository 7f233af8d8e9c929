"""A client that sees every event of a stream as it comes."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from tests.mcp_api.messages import CAPABILITIES_KEY, Body, initialize, meta, modern, request
from tests.support.servers.server import LiveServer

BOTH = "application/json, text/event-stream"
ALL: Body = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}


@dataclass
class Event:
    id: str = ""
    data: Any = None
    retry: int | None = None


# People who are connected already, by the server that they belong to. Made many at a time: a Django has to start.
_people: dict[LiveServer, list[tuple[str, str]]] = defaultdict(list)
PEOPLE = """
import json
from django.conf import settings
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
people = [make_authorization(make_user(), make_client()) for _ in range(40)]
resource = f"{settings.PUBLIC_URL}/mcp"
print(json.dumps([(each.consent.user.username, make_tokens(each, resource=resource)[2]) for each in people]))
"""


class Wire:
    """A person of its own with a client of its own, connected; they granted `read` alone."""

    def __init__(self, server: LiveServer) -> None:
        self.server, self.url = server, server.mcp_url
        if not _people[server]:
            _people[server] = json.loads(server.shell(PEOPLE))
        self.username, token = _people[server].pop()
        self.headers = {"Authorization": f"Bearer {token}", "Accept": BOTH}
        self.version = "2025-11-25"
        self.session_id = ""

    @property
    def first_name(self) -> str:
        [(name,)] = self.server.database.rows(
            f"SELECT first_name FROM oauth_mcp_user WHERE username = '{self.username}'"  # noqa: S608 - our own name
        )
        return str(name)

    def outcomes(self, action: str) -> list[tuple[str, str]]:
        """Return the outcome and the reason of each of the person's calls."""
        return self.server.database.rows(
            "SELECT outcome, reason FROM oauth_mcp_event "  # noqa: S608 - our own values
            f"WHERE username = '{self.username}' AND action = '{action}'"
        )

    def revoke(self) -> None:
        """End the person's authorization, by another process."""
        self.server.shell(
            "from django.utils import timezone\n"
            f"mine = Authorization.objects.filter(consent__user__username={self.username!r})\n"
            "mine.update(revoked_at=timezone.now())"
        )

    def expire(self) -> None:
        """Let the person's token be over, as if its time had come."""
        self.server.shell(
            "from django.utils import timezone\n"
            f"AccessToken.objects.filter(user__username={self.username!r}).update(expires=timezone.now())"
        )

    # --- The modern era ------------------------------------------------------------------------

    def modern(
        self, method: str, params: Body, *, capabilities: Body = ALL, log_level: str = "", **meta_members: Any
    ) -> dict[str, Any]:
        """Return the arguments for httpx2 of a request of the modern era."""
        described = {**meta(), CAPABILITIES_KEY: capabilities, **meta_members}
        if log_level:
            described["io.modelcontextprotocol/logLevel"] = log_level
        body, headers = modern(method, {**params, "_meta": described}, id=uuid4().hex)
        return {"json": body, "headers": {**self.headers, **headers}}

    def tool(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        return self.modern("tools/call", {"name": name, "arguments": arguments}, progressToken="token")

    # --- The legacy era --------------------------------------------------------------------------

    def initialize(self, version: str = "2025-11-25", capabilities: Body = ALL) -> "Wire":
        body = initialize(version)
        body["params"]["capabilities"] = capabilities
        response = self.post(json=body, headers=self.headers)
        self.version, self.session_id = version, response.headers["Mcp-Session-Id"]
        return self

    @property
    def legacy_headers(self) -> dict[str, str]:
        return {**self.headers, "MCP-Protocol-Version": self.version, "Mcp-Session-Id": self.session_id}

    def legacy(self, method: str, params: Body | None = None, **members: Any) -> dict[str, Any]:
        return {"json": request(method, params, **members), "headers": self.legacy_headers}

    def legacy_tool(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        params = {"name": name, "arguments": arguments, "_meta": {"progressToken": "token"}}
        return self.legacy("tools/call", params)

    def answer(self, question: Body, result: Body) -> httpx2.Response:
        body = {"jsonrpc": "2.0", "id": question["id"], "result": result}
        return self.post(json=body, headers=self.legacy_headers)

    def end_session(self) -> int:
        return httpx2.delete(self.url, headers=self.legacy_headers, timeout=60).status_code

    # --- On the wire -------------------------------------------------------------------------------

    def post(self, *, timeout: float = 60, **sent: Any) -> httpx2.Response:
        """Over a connection of its own, which any process may take."""
        return httpx2.post(self.url, timeout=timeout, **sent)

    def get(self, **headers: str) -> Any:
        return self.stream("GET", headers={**self.legacy_headers, "Accept": "text/event-stream", **headers})

    @contextmanager
    def stream(self, method: str = "POST", **sent: Any) -> Iterator["Stream"]:
        with httpx2.stream(method, self.url, timeout=60, **sent) as response:
            yield Stream(response)


class Stream:
    """The events of a response, one after the other; comments are kept apart."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.comments: list[str] = []
        self._lines = response.iter_lines()

    def __iter__(self) -> Iterator[Event]:
        event = Event()
        for line in self._lines:
            name, _, value = line.partition(":")
            match name, value.removeprefix(" "):
                case "", "" if not line:
                    yield event
                    event = Event()
                case "", comment:
                    self.comments.append(comment)
                case "id", value:
                    event.id = value
                case "retry", value:
                    event.retry = int(value)
                case "data", value:
                    event.data = json.loads(value) if value else None

    def next(self) -> Event:
        return next(iter(self))

    def message(self) -> Body:
        """The next event that is a message."""
        return next(event.data for event in self if event.data is not None)

    def messages(self) -> list[Body]:
        """Return the remaining messages, up to the end of the stream."""
        return [event.data for event in self if event.data is not None]


def methods_of(messages: list[dict[str, Any]]) -> list[str]:
    return [message.get("method", "result" if "result" in message else "error") for message in messages]

"""A call: a request, and the principal that sent it."""

from dataclasses import dataclass, field
from typing import Any

from accounts.resource_server.bearer import Principal
from mcp_api.calls.channel import ClientChannel, State
from mcp_api.models import Session
from mcp_api.protocol.messages import Request


@dataclass(frozen=True, slots=True)
class Call:
    """A request with all that its handler needs. It does not change; another attempt has another Call."""

    request: Request
    principal: Principal
    # The IP address that it came from.
    address: str | None
    channel: ClientChannel = field(default_factory=ClientChannel)
    # The legacy session that it belongs to, if any.
    session: Session | None = None
    # The state after an earlier attempt (modern era).
    state: State | None = None
    # That of the client, "" for the project's.
    language: str = ""

    @property
    def goes_on(self) -> bool:
        """Return whether this is a further attempt of a call that was counted: it asked its client, or is a task."""
        if self.channel.is_detached:
            return True
        return self.state is not None if self.request.is_modern else bool(self.channel.answers)

    @property
    def meta(self) -> dict[str, Any]:
        """The `_meta` of the request, in either era."""
        meta = self.request.params.get("_meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def subject(self) -> str:
        """The method, with the name of the tool if it calls one: `tools/call echo`."""
        name = self.request.params.get("name") if self.request.method == "tools/call" else None
        return f"{self.request.method} {name}" if isinstance(name, str) else self.request.method

"""A request on its way through the server: the message, and who sent it."""

from dataclasses import dataclass, field

from accounts.resource_server.bearer import Principal
from mcp_api.calls.channel import ClientChannel, State
from mcp_api.models import Session
from mcp_api.protocol.envelope import Request


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    principal: Principal
    # the IP address that it came from
    address: str | None
    channel: ClientChannel = field(default_factory=ClientChannel)
    # The legacy session that it belongs to, if any.
    session: Session | None = None
    # Where an earlier attempt had got to (modern era).
    state: State | None = None

    @property
    def goes_on(self) -> bool:
        """Whether this is another attempt of a call that had to ask its client."""
        return self.state is not None if self.request.is_modern else bool(self.channel.answers)

    @property
    def subject(self) -> str:
        """The method, and what it was asked of: `tools/call echo`."""
        name = self.request.params.get("name") if self.request.method == "tools/call" else None
        return f"{self.request.method} {name}" if isinstance(name, str) else self.request.method

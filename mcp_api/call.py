"""A request on its way through the server: the message, and who sent it."""

from dataclasses import dataclass

from accounts.bearer import Principal
from mcp_api.envelope import Request


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    principal: Principal
    # the IP address that it came from
    address: str | None

    @property
    def subject(self) -> str:
        """The method, and what it was asked of: `tools/call echo`."""
        name = self.request.params.get("name") if self.request.method == "tools/call" else None
        return f"{self.request.method} {name}" if isinstance(name, str) else self.request.method

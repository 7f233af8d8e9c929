"""A client whose token is bound to its key: each of its requests has a proof of its own (RFC 9449)."""

from typing import Any

from tests.streams.wire import Wire
from tests.support.oauth.dpop import Prover
from tests.support.servers.server import LiveServer


class Possession(Wire):
    """Adds proofs to the requests of a Wire. What it is told to send as `DPoP` stays."""

    def __init__(self, server: LiveServer) -> None:
        super().__init__(server)
        self.prover = Prover()
        self.token = self.headers.pop("Authorization").removeprefix("Bearer ")
        mine = f"AccessToken.objects.filter(user__username={self.username!r})"
        server.shell(f"{mine}.update(dpop_jkt={self.prover.thumbprint!r})")

    def proof(self, method: str) -> dict[str, str]:
        """Return the headers of a request: its token, and a new proof."""
        return self.prover.for_mcp(self.token, method, self.server.mcp_url)

    def post(self, *, timeout: float = 60, **sent: Any) -> Any:
        return super().post(timeout=timeout, **self.proved("POST", sent))

    def stream(self, method: str = "POST", **sent: Any) -> Any:
        return super().stream(method, **self.proved(method, sent))

    def proved(self, method: str, sent: dict[str, Any]) -> dict[str, Any]:
        return {**sent, "headers": {**self.proof(method), **sent["headers"]}}

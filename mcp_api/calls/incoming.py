"""One HTTP request to the endpoint."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.http.address import RESOURCE_PATH, resource, resource_at
from mcp_api.calls.disconnect import is_closed
from mcp_api.calls.locale import accepted_language
from mcp_api.conf import conf


class Incoming:
    """An HTTP request. `headers` is a case-insensitive mapping; `body` is None if it is larger than the server accepts.

    `make_request` makes Django's request, which most calls never need. `endpoint` is the name of the toolset whose
    endpoint it was sent to, "" for /mcp.
    """

    def __init__(
        self,
        *,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
        address: str | None,
        make_request: Callable[[], HttpRequest],
        endpoint: str = "",
    ) -> None:
        self.method, self.headers, self.address = method, headers, address
        self.body, self.endpoint = body, endpoint
        self.octets = len(body or b"")
        self._make_request = make_request

    @cached_property
    def request(self) -> HttpRequest:
        """Django's own, without the body."""
        return self._make_request()

    @property
    def resource(self) -> str:
        """The resource identifier of the endpoint, for which tokens must be issued (RFC 8707)."""
        own = conf.PUBLIC_URL + RESOURCE_PATH if conf.PUBLIC_URL else resource(self.request)
        return resource_at(own, self.endpoint)

    @property
    def accepts_events(self) -> bool:
        """Return whether the client accepts streams. MCP clients must; a person with curl need not.

        A client with a session is an MCP client, even if it accepts anything (`*/*`).
        """
        accepted = self.headers.get("accept", "")
        return "text/event-stream" in accepted or ("*/*" in accepted and bool(self.headers.get("Mcp-Session-Id")))

    @property
    def language(self) -> str:
        """The language that the client asks for; "" for the project's."""
        return accepted_language(self.headers.get("accept-language", ""))

    def is_closed(self) -> bool:
        """Return whether the client has disconnected, as far as the application server shows it."""
        return is_closed(self.request)

    def take_body(self) -> bytes | None:
        """Return the body and drop it: a large one must not stay in memory while a call waits."""
        body, self.body = self.body, b""
        return body


class Headers(dict[str, str]):
    """Headers by lower-case name, case-insensitive in `get`. Values of a repeated header are joined, as in Django."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self[key] = f"{self[key]},{text}" if key in self else text

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

"""One HTTP request to the endpoint, as far as the endpoint has to know it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.http.address import RESOURCE_PATH, resource
from mcp_api.calls.disconnect import is_closed
from mcp_api.conf import conf


class Incoming:
    """`headers` are looked up in any case; `body` is None where it is larger than the server takes.

    `make_request` makes Django's request, which most calls never need.
    """

    def __init__(
        self,
        *,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
        address: str | None,
        make_request: Callable[[], HttpRequest],
    ) -> None:
        self.method, self.headers, self.address = method, headers, address
        self.body = body
        self.octets = len(body or b"")
        self._make_request = make_request

    @cached_property
    def request(self) -> HttpRequest:
        """Django's own, without the body."""
        return self._make_request()

    @property
    def resource(self) -> str:
        """The identifier of the endpoint, as the client must see it."""
        return conf.PUBLIC_URL + RESOURCE_PATH if conf.PUBLIC_URL else resource(self.request)

    @property
    def accepts_events(self) -> bool:
        """Whether the client reads streams. The specification has it say so; a person with curl may not."""
        return "text/event-stream" in self.headers.get("accept", "")

    def is_closed(self) -> bool:
        """Whether the client has gone, as far as the application server lets us see it."""
        return is_closed(self.request)

    def take_body(self) -> bytes | None:
        """Return the body, and keep it no longer: a large one must not wait with a call."""
        body, self.body = self.body, b""
        return body


class Headers(dict[str, str]):
    """By lower-case name, found in any case. Of a repeated one all values, as Django has them."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for name, value in raw:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self[key] = f"{self[key]},{text}" if key in self else text

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

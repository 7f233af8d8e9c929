"""The endpoint as a view of Django REST framework, under WSGI and for requests that need all of Django's middleware."""

from collections.abc import Coroutine
from io import BytesIO
from typing import Any, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.http.address import client_address, endpoint_of
from accounts.responses import JSONAPIView
from mcp_api.calls.incoming import Incoming
from mcp_api.transport.effects import Blocking
from mcp_api.transport.endpoint import serve

Value = TypeVar("Value")


class McpView(JSONAPIView):
    """POST a JSON-RPC message; GET the stream of a legacy session, or DELETE it. See mcp_api/transport/endpoint.py."""

    http_method_names: list[str] = []

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            # It is in a reference cycle with the view and its request, which would keep a large body in memory.
            if getattr(self.request, "parser_context", None):
                self.request.parser_context.clear()
            forget_body(request)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Pass every method to the endpoint, which itself refuses those that it does not serve."""
        return drive(serve(incoming_of(request._request), Blocking()))

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return no further headers than those of the endpoint."""
        return {}


def incoming_of(request: HttpRequest) -> Incoming:
    try:
        body: bytes | None = request.body
    except RequestDataTooBig:
        body = None
    forget_body(request)
    return Incoming(
        method=request.method or "",
        headers=request.headers,
        body=body,
        address=client_address(request),
        make_request=lambda: request,
        endpoint=endpoint_of(request.path_info) or "",
    )


def forget_body(request: HttpRequest) -> None:
    """Drop the body: Django's request is in a reference cycle, by its lazy user, and would keep it in memory."""
    request._body = b""
    request._stream = BytesIO()
    request.META.pop("wsgi.input", None)


def drive(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Return what `coroutine` returns, which must never suspend. Raises RuntimeError if it does."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: Value = stop.value
        return value
    coroutine.close()
    raise RuntimeError("The endpoint suspended without an event loop.")

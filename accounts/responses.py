"""JSON responses and errors that all OAuth endpoints for clients share.

RFC 6749 section 5.2: 400 (401 for `invalid_client`, 413 for a request that is too large) with a JSON object of `error`
and `error_description`, never cached.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import rate_limits
from accounts.db.errors import UNAVAILABLE

RETRY_AFTER_SECONDS = 5
TOO_LARGE = "The request is too large."
# Django raises these on each access to the parameters of a malformed request.
UNREADABLE = (BadRequest, SuspiciousOperation, MultiPartParserError)

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class IgnoreAccept(BaseContentNegotiation):
    """Content negotiation that always selects the only renderer: a 406 does not help any client."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type


def error_response(
    error: str, description: str, *, status: int = 400, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Return an OAuth error response.

    RFC 6749 section 5.2 limits `error_description` to ASCII without quotes and backslashes.
    """
    readable = description.replace("…", "...").encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    body = {"error": error, "error_description": readable}
    return JsonResponse(body, status=status, headers={**NO_STORE, **(headers or {})})


class JSONView(View):
    """A view with JSON responses for all errors. It uses no cookie, so it needs no CSRF token."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        return csrf_exempt(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except RequestDataTooBig:
            return error_response("invalid_request", TOO_LARGE, status=413)
        except UNREADABLE:
            return error_response("invalid_request", "The request cannot be read: it is malformed.")
        except UNAVAILABLE:
            return unavailable_response()
        except rate_limits.RateLimitExceeded as exceeded:
            return rate_limited_response(exceeded)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        allow = super().http_method_not_allowed(request, *args, **kwargs)["Allow"]
        return error_response("invalid_request", f"Use {allow}.", status=405, headers={"Allow": allow})


class JSONAPIView(APIView):
    """The same with REST framework. A view handles its own exceptions in `response_for`."""

    content_negotiation_class = IgnoreAccept
    # Set here, so that a project may choose REST framework's defaults for its own views.
    authentication_classes: Sequence[type[BaseAuthentication]] = []
    permission_classes: Sequence[Any] = []
    parser_classes: Sequence[Any] = []
    renderer_classes = [JSONRenderer]
    throttle_classes: Sequence[Any] = []

    def handle_exception(self, exc: Exception) -> Any:
        try:
            return super().handle_exception(exc)
        except UNAVAILABLE:
            # The event of the refusal could not be written either.
            return unavailable_response()

    def get_exception_handler(self) -> Any:
        return self.response_for

    def response_for(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        """Return the response for an exception; None for an unexpected one, which is a server error."""
        return exception_response(exception, context)


def unavailable_response() -> JsonResponse:
    description = "The server cannot reach its database at the moment. Try again in a few seconds."
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return error_response("temporarily_unavailable", description, status=503, headers=headers)


def rate_limited_response(exceeded: rate_limits.RateLimitExceeded) -> JsonResponse:
    """Return the 429 of RFC 6585 section 4. OAuth has no error code for it: MCP's TypeScript clients know this one."""
    description = f"Too many requests. {exceeded}"
    return error_response("too_many_requests", description, status=429, headers=rate_limits.refusal_headers(exceeded))


def exception_response(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the response for an exception of REST framework, in the same form; None for an unexpected one."""
    if isinstance(exception, UNAVAILABLE):
        return unavailable_response()
    if isinstance(exception, rate_limits.RateLimitExceeded):
        return rate_limited_response(exception)
    if not isinstance(exception, exceptions.APIException):
        return None
    headers = {}
    if isinstance(exception, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return error_response("invalid_request", str(exception.detail), status=exception.status_code, headers=headers)

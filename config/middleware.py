"""What must be decided before anything else looks at a request."""

from collections.abc import Callable
from io import BytesIO

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers

from accounts.redirects import LOOPBACK_HOSTS

Handler = Callable[[HttpRequest], HttpResponse]

REFUSAL = (
    "This server runs with DEBUG=true, which is for this machine alone, and was asked for as {host!r}.\n"
    "To let others reach it, set DEBUG=false and PUBLIC_URL=https://{host} in .env and start it again.\n"
)


class LoopbackOnlyInDebug:
    """Refuses, while DEBUG is on, every request that did not come for a loopback name."""

    def __init__(self, get_response: Handler) -> None:
        if not settings.DEBUG:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = split_domain_port(request.META.get("HTTP_HOST", "localhost"))[0].strip("[]")
        if host in LOOPBACK_HOSTS or host.endswith(".localhost"):
            return self.get_response(request)
        return HttpResponse(REFUSAL.format(host=host), status=400, content_type="text/plain; charset=utf-8")


class ChunkedBodies:
    """Lets a request without a Content-Length be read, as HTTP/1.1 clients may send it (RFC 9112 section 7.1).

    Django takes such a body for empty, and would answer that it is malformed.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        # Only where the application server marks the body's end can it be read to its end.
        if chunked and request.META.get("wsgi.input_terminated"):
            # One octet more than allowed, so that Django sees, and refuses, what is too large.
            body = request.META["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = BytesIO(body)  # where WSGIRequest keeps it
        return self.get_response(request)


class PageHeaders(CSPMiddleware):
    """What only a browser heeds, on what it shows as a page: machines' answers are left as they are."""

    # Nothing here is for a page to use; passkeys have a rule of their own, which is "for this site alone" already.
    PERMISSIONS = ", ".join(
        f"{feature}=()" for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    )

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        response.setdefault("Permissions-Policy", self.PERMISSIONS)
        if "Cache-Control" not in response:
            # A page may name who is signed in: nobody who comes after them shall find it in a cache.
            add_never_cache_headers(response)
        return super().process_response(request, response)

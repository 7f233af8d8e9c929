"""Reading of a request's whole body before other middleware and views."""

from http import HTTPStatus
from io import SEEK_END, BytesIO

from django.http import HttpRequest, HttpResponse
from gunicorn.http.errors import ParseException

from config.http.bodies import most_octets
from config.http.middleware import Handler
from config.http.unreadable_requests import LATE, MALFORMED, refusal


class WholeBodies:
    """Refuse malformed (400) and late (408) bodies, and support bodies without a Content-Length.

    HTTP/1.1 clients may send a body in chunks (RFC 9112 section 7.1). Django treats it as empty; on an event loop, it
    does so for forms with files. A body whose Content-Length is too large is not read: Django refuses it, and each
    endpoint responds in its own format.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            receive_body(request)
        except TimeoutError:
            return refuse(request, HTTPStatus.REQUEST_TIMEOUT, LATE)
        except (OSError, ParseException):
            return refuse(request, HTTPStatus.BAD_REQUEST, MALFORMED)
        return self.get_response(request)


def receive_body(request: HttpRequest) -> None:
    """Read the body. Raises TimeoutError, OSError and gunicorn's ParseException."""
    most = most_octets(request.path_info)
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    if hasattr(request, "scope"):
        if chunked or "CONTENT_LENGTH" not in request.META:
            # Already received (config/http/bodies.py).
            request.META["CONTENT_LENGTH"] = str(request._stream.seek(0, SEEK_END))
            request._stream.seek(0)
    elif chunked and request.META.get("wsgi.input_terminated"):
        # A body of unknown length can be read only if the application server marks its end. Read one octet more
        # than allowed, so that Django refuses a body that is too large.
        body = request.META["wsgi.input"].read(most + 1)
        keep(request, body)
    elif 0 < (length := declared_length(request)) <= most:
        body = request.META["wsgi.input"].read(length)
        if len(body) < length:
            raise OSError("The body ended too early.")
        keep(request, body)


def keep(request: HttpRequest, body: bytes) -> None:
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # where WSGIRequest stores it


def declared_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0


def refuse(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """Refuse the request. gunicorn closes the connection, as the beginning of a next request is unknown."""
    content_type, content = refusal(request.path_info, sentence)
    headers = {"Content-Length": str(len(content)), "Cache-Control": "no-store"}
    return HttpResponse(content, status=status, content_type=content_type, headers=headers)

"""Reads a request's body before anything else looks at it."""

from http import HTTPStatus
from io import SEEK_END, BytesIO

from django.http import HttpRequest, HttpResponse
from gunicorn.http.errors import ParseException

from config.http.bodies import most_octets
from config.http.middleware import Handler
from config.http.unreadable_requests import LATE, MALFORMED, refusal


class WholeBodies:
    """Refuses what is malformed (400) or late (408), and lets a request without a Content-Length be read.

    HTTP/1.1 clients may send a body in chunks (RFC 9112 section 7.1), which Django takes for empty; under an event
    loop it does so with a form that holds files. A body that is too large by its Content-Length is left unread: Django
    refuses it, and each endpoint says so in its own words.
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
    """Raises TimeoutError, OSError and gunicorn's ParseException."""
    most = most_octets(request.path_info)
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    if hasattr(request, "scope"):
        if chunked or "CONTENT_LENGTH" not in request.META:
            # Received already (config/http/bodies.py).
            request.META["CONTENT_LENGTH"] = str(request._stream.seek(0, SEEK_END))
            request._stream.seek(0)
    elif chunked and request.META.get("wsgi.input_terminated"):
        # Only where the application server marks the body's end can it be read to its end. One octet more than
        # allowed, so that Django sees, and refuses, what is too large.
        body = request.META["wsgi.input"].read(most + 1)
        keep(request, body)
    elif 0 < (length := declared_length(request)) <= most:
        body = request.META["wsgi.input"].read(length)
        if len(body) < length:
            raise OSError("The body ended too early.")
        keep(request, body)


def keep(request: HttpRequest, body: bytes) -> None:
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # where WSGIRequest keeps it


def declared_length(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdecimal() else 0


def refuse(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    """No other request is read from this connection, as nobody knows where it would begin: gunicorn closes it."""
    content_type, content = refusal(request.path_info, sentence)
    headers = {"Content-Length": str(len(content)), "Cache-Control": "no-store"}
    return HttpResponse(content, status=status, content_type=content_type, headers=headers)

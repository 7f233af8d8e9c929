"""Calls of a REST framework view as a person, with all its rules but its authentication."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.user_model import User
from mcp_api.calls.context import Context
from mcp_api.conf import conf
from mcp_api.errors import ToolError
from mcp_api.schemas.input_schema import InvalidArguments

TOO_MANY_REQUESTS = 429
# The limit for path and query arguments, in characters: that of a URL over HTTP (config/gunicorn.py).
MAX_URL_LENGTH = 8190
# SQLite's messages for a query with too many conditions or values, such as a search for thousands of words.
TOO_MANY_CONDITIONS = ("Expression tree is too large", "too many SQL variables", "parser stack overflow")


class CallerAuthentication(BaseAuthentication):
    """Authenticate as the person of the tool call. Requests over HTTP have no `mcp_context`."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        context: Context | None = getattr(request._request, "mcp_context", None)
        return None if context is None else (context.user, context.principal)


# Options of each view: the person, and JSON as the only format. The project's other options stay.
VIEW_OPTIONS = {
    "authentication_classes": [CallerAuthentication],
    "parser_classes": [JSONParser],
    "renderer_classes": [JSONRenderer],
}


@dataclass(frozen=True, slots=True)
class Route:
    """A view's function, and the arguments for its path and its query.

    All others are for the body, or for the query of a GET, which has no body.
    """

    view: Callable[..., HttpResponse]
    method: str
    in_path: frozenset[str]
    in_query: frozenset[str]


def call(route: Route, context: Context, arguments: dict[str, Any]) -> Any:
    """Return the data of the view's response, as JSON has it.

    Raises ToolError for a response with a status of 400 or more, or without data; InvalidArguments if the URL would be
    too long, or the query has more conditions than the database takes.
    """
    path = {name: url_value(value) for name, value in arguments.items() if name in route.in_path}
    is_get = route.method == "get"
    query = {
        name: value for name, value in arguments.items() if name not in path and (is_get or name in route.in_query)
    }
    body = {name: value for name, value in arguments.items() if name not in path and name not in query}
    try:
        response = route.view(request_of(route.method, path, query, body, context), **path)
    except OperationalError as error:
        if str(error).startswith(TOO_MANY_CONDITIONS):
            raise InvalidArguments(
                "Too many conditions. Search for less at once.", "arguments: too many conditions"
            ) from error
        raise
    if not isinstance(response, Response):
        raise ToolError(f"The view returned no serialized data (status {response.status_code}).")
    data = plain(response.data)
    if response.status_code >= 400:
        raise ToolError(refusal(response, data))
    return data


def request_of(
    method: str, path: dict[str, str], query: dict[str, Any], body: dict[str, Any], context: Context
) -> WSGIRequest:
    """Return a request to this server, by the person of `context`. Raises InvalidArguments for a URL too long."""
    query_string = urlencode({name: query_value(value) for name, value in query.items()}, doseq=True)
    if len(query_string) + sum(len(quote(value)) for value in path.values()) > MAX_URL_LENGTH:
        text = f"{', '.join([*path, *query])}: {MAX_URL_LENGTH} characters at most together, percent-encoded."
        raise InvalidArguments(text, "arguments: too long for a URL")
    origin = urlsplit(conf.PUBLIC_URL or "http://localhost")
    content = b"" if method == "get" else json.dumps(body).encode()
    request = WSGIRequest(
        {
            "REQUEST_METHOD": method.upper(),
            "PATH_INFO": "/",
            "QUERY_STRING": query_string,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_ACCEPT": "application/json",
            "SERVER_NAME": origin.hostname or "localhost",
            "SERVER_PORT": str(origin.port or (443 if origin.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": context.address or "",
            "wsgi.url_scheme": origin.scheme,
            "wsgi.input": io.BytesIO(content),
        }
    )
    request.user = context.user
    request.mcp_context = context  # type: ignore[attr-defined]
    return request


def query_value(value: Any) -> str | list[Any]:
    """`value` for urlencode with doseq: a list repeats its parameter."""
    if isinstance(value, list):
        return [query_value(each) for each in value]
    return json.dumps(value) if isinstance(value, bool) else url_value(value)


def url_value(value: Any) -> str:
    """`value` as text. JSON has one type of numbers, so that 1.0 is an integer, which views would not read."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def plain(data: Any) -> Any:
    """`data` as REST framework renders it: dates, decimals and lazy strings become JSON's types."""
    rendered = JSONRenderer().render(data)
    return json.loads(rendered) if rendered else None


def refusal(response: Response, data: Any) -> str:
    """Return the errors of `response` as sentences for the model."""
    if response.status_code == TOO_MANY_REQUESTS and "Retry-After" in response:
        return f"Too many calls: try again in {response['Retry-After']} seconds."
    return "\n".join(error_lines(data)) or f"Refused (status {response.status_code})."


def error_lines(data: Any, where: str = "") -> list[str]:
    """A line for each error in the data of a response, with the path of its field."""
    match data:
        case dict():
            inner = [(f"{where}.{name}" if where else str(name), value) for name, value in data.items()]
            return [line for name, value in inner for line in error_lines(value, "" if name == "detail" else name)]
        case list():
            return [line for value in data for line in error_lines(value, where)]
        case _:
            return [f"{where}: {data}" if where else str(data)]

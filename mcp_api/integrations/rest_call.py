"""Calling a REST framework view in a person's name, through all that rules it but its authentication."""

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

from accounts.models import User
from mcp_api.calls.context import Context
from mcp_api.conf import conf
from mcp_api.errors import ToolError
from mcp_api.schemas.signature import InvalidArguments

TOO_MANY_REQUESTS = 429
# Characters of path and query arguments: as many as an address may have over HTTP (config/gunicorn.py).
LONGEST_ADDRESS = 8190
# What SQLite says of a query with more conditions or values than it takes, such as a search for thousands of words.
TOO_MANY_CONDITIONS = ("Expression tree is too large", "too many SQL variables", "parser stack overflow")


class CallerAuthentication(BaseAuthentication):
    """The person is known already; a request from elsewhere cannot carry what this looks for."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        context: Context | None = getattr(request._request, "mcp_context", None)
        return None if context is None else (context.user, context.principal)


# What is ours to say of a view: who calls, and that JSON is spoken. All else rules as the project wrote it.
SPOKEN = {
    "authentication_classes": [CallerAuthentication],
    "parser_classes": [JSONParser],
    "renderer_classes": [JSONRenderer],
}


@dataclass(frozen=True, slots=True)
class Route:
    """A view's function, and which arguments go where: the others are the body's."""

    view: Callable[..., HttpResponse]
    method: str
    in_path: frozenset[str]
    in_query: frozenset[str]


def call(route: Route, context: Context, arguments: dict[str, Any]) -> Any:
    """What the view answers, as plain data. Raises ToolError for what it refuses, InvalidArguments for arguments that
    are longer than an address may be, or that ask more of the database than it takes.
    """
    path = {name: str(value) for name, value in arguments.items() if name in route.in_path}
    query = {name: value for name, value in arguments.items() if name in route.in_query}
    body = {name: value for name, value in arguments.items() if name not in path and name not in query}
    try:
        response = route.view(request_of(route.method, path, query, body, context), **path)
    except OperationalError as error:
        if str(error).startswith(TOO_MANY_CONDITIONS):
            raise InvalidArguments("That is too much to look for at once.", "arguments: too many conditions") from error
        raise
    if not isinstance(response, Response):
        raise ToolError(f"The answer is no data (status {response.status_code}).")
    data = plain(response.data)
    if response.status_code >= 400:
        raise ToolError(refusal(response, data))
    return data


def request_of(
    method: str, path: dict[str, str], query: dict[str, Any], body: dict[str, Any], context: Context
) -> WSGIRequest:
    """As if the person's browser had sent it to this server. Raises InvalidArguments."""
    query_string = urlencode({name: in_query(value) for name, value in query.items()}, doseq=True)
    if len(query_string) + sum(len(quote(value)) for value in path.values()) > LONGEST_ADDRESS:
        told = f"{', '.join([*path, *query])}: {LONGEST_ADDRESS} characters at most in all, as they are in an address."
        raise InvalidArguments(told, "arguments: longer than an address")
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


def in_query(value: Any) -> str | list[Any]:
    """As a form sends it: a list as the same name again and again."""
    if isinstance(value, list):
        return [in_query(each) for each in value]
    return json.dumps(value) if isinstance(value, bool) else str(value)


def plain(data: Any) -> Any:
    """As REST framework renders it: dates, decimals and lazy texts become what JSON has."""
    rendered = JSONRenderer().render(data)
    return json.loads(rendered) if rendered else None


def refusal(response: Response, data: Any) -> str:
    """In words that a model can act on."""
    if response.status_code == TOO_MANY_REQUESTS and "Retry-After" in response:
        return f"Too many calls: try again in {response['Retry-After']} seconds."
    return "\n".join(lines_of(data)) or f"Refused (status {response.status_code})."


def lines_of(data: Any, where: str = "") -> list[str]:
    match data:
        case dict():
            inner = [(f"{where}.{name}" if where else str(name), value) for name, value in data.items()]
            return [line for name, value in inner for line in lines_of(value, "" if name == "detail" else name)]
        case list():
            return [line for value in data for line in lines_of(value, where)]
        case _:
            return [f"{where}: {data}" if where else str(data)]

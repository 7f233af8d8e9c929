"""The application below the path of PUBLIC_URL, for WSGI and ASGI (accounts/http/mount.py)."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.conf import settings

from accounts.http.mount import path_below, prefix_of
from config.http.unreadable_requests import as_json, respond

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApplication = Callable[[Environ, StartResponse], Iterable[bytes]]

PREFIX = prefix_of(settings.PUBLIC_URL)
OUTSIDE = {
    "error": "not_found",
    "error_description": (
        f"There is nothing at this address. The address of this server is {settings.PUBLIC_URL}. A proxy in front of "
        "it has to pass the whole path."
    ),
}


def below_prefix(application: WSGIApplication) -> WSGIApplication:
    """Return `application` below PREFIX: SCRIPT_NAME and PATH_INFO are set, and other paths are refused with 404.

    A server that was told the path has split it already (PEP 3333).
    """
    if not PREFIX:
        return application

    def mounted(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = path_below(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""), PREFIX)
        if path is None:
            return _refuse(environ, start_response)
        return application({**environ, "SCRIPT_NAME": PREFIX, "PATH_INFO": path}, start_response)

    return mounted


def scope_below_prefix(scope: Any) -> Any:
    """Return the `scope` of an HTTP request below PREFIX; None if its path is not this server's.

    In ASGI, `path` has the `root_path`, although some servers leave it out.
    """
    if not PREFIX:
        return scope
    path, root = scope["path"], scope.get("root_path", "")
    below = path_below(path if path.startswith(root) else root + path, PREFIX)
    return None if below is None else {**scope, "root_path": PREFIX, "path": PREFIX + below}


async def refuse_outside(send: Callable[[dict[str, Any]], Any]) -> None:
    await respond(send, HTTPStatus.NOT_FOUND, *as_json(OUTSIDE))


def _refuse(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    content_type, content = as_json(OUTSIDE)
    headers = [("Content-Type", content_type), ("Content-Length", str(len(content))), ("Cache-Control", "no-store")]
    start_response("404 Not Found", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

"""Requests to the token endpoint over real HTTP, one or many at the same moment."""

import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx2

from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.pkce import VERIFIER
from tests.support.servers.server import LiveServer

# Of one client or a hundred: to read the authorities' certificates takes longer than what is tested.
TRUSTED = ssl.create_default_context()


def at_once(count: int, send: Callable[[httpx2.Client], httpx2.Response]) -> list[httpx2.Response]:
    """Return the responses to `send` when `count` clients, each with its own connection, send at the same moment."""
    ready = Barrier(count)

    def one(_: int) -> httpx2.Response:
        with httpx2.Client(timeout=60, verify=TRUSTED) as client:
            ready.wait()
            return send(client)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def exchange(server: LiveServer, app: App, code: str, client: httpx2.Client | None = None) -> httpx2.Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    return post_token(server, app, fields, client)


def refresh(server: LiveServer, app: App, token: str, client: httpx2.Client | None = None) -> httpx2.Response:
    return post_token(server, app, {"grant_type": "refresh_token", "refresh_token": token}, client)


def post_token(
    server: LiveServer, app: App, fields: dict[str, str], client: httpx2.Client | None = None
) -> httpx2.Response:
    send = httpx2.post if client is None else client.post
    return send(f"{server.url}/oauth/token", data={**fields, **app.credentials})

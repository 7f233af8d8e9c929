"""A flood for each row of SECURITY.md's table of what strangers and tokens can store, at the default limits.

Each is one declaration: what is sent again and again, which table it may fill, and how far.
"""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from tests.faults.bystander import Bystander
from tests.faults.report import Report, counted
from tests.mcp_api.messages import initialize
from tests.streams.conftest import serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.server import WORKER, LiveServer

AT_ONCE = 8
FLOOD = 1500
HEALTH_SECONDS = 0.1
XHR = {"X-Requested-With": "XMLHttpRequest"}
POINT = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
# What httpx2 is to send: method, path, and the rest.
Sent = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class Flood:
    """`request` makes the next one. `table` may grow by so many rows, of so many characters in `columns`, at `most`."""

    name: str
    table: str
    most: int
    columns: tuple[str, ...]
    largest: int
    request: Callable[[Wire, int], Sent]


def registration(wire: Wire, number: int) -> Sent:
    keys = [{**POINT, "kid": secrets.token_hex(127)} for _ in range(10)]
    uris = [f"https://app.example/{number}/{index}/{'x' * 1200}" for index in range(20)]
    metadata = {"redirect_uris": uris, "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": keys}}
    return "POST", "/oauth/register", {"json": metadata}


def large_key_id(wire: Wire, number: int) -> Sent:
    keys = [{**POINT, "kid": "k" * 60_000}]
    metadata = {"redirect_uris": ["https://app.example/"], "token_endpoint_auth_method": "private_key_jwt"}
    return "POST", "/oauth/register", {"json": {**metadata, "jwks": {"keys": keys}}}


def passkey(wire: Wire, number: int) -> Sent:
    return "GET", "/accounts/2fa/webauthn/login/", {"headers": XHR}


def invented_client(wire: Wire, number: int) -> Sent:
    return "POST", "/oauth/token", {"data": {"client_id": f"invented-{number}", "grant_type": "refresh_token"}}


def wrong_token(wire: Wire, number: int) -> Sent:
    return "POST", "/mcp", {"json": {}, "headers": {"Authorization": f"Bearer {number}", "User-Agent": "a" * 5000}}


def metadata(wire: Wire, number: int) -> Sent:
    return "GET", "/.well-known/oauth-authorization-server", {}


def session(wire: Wire, number: int) -> Sent:
    body = initialize("2025-11-25")
    body["params"]["capabilities"] = {name: {str(part): {} for part in range(9999)} for name in ("roots", "sampling")}
    return "POST", "/mcp", {"json": body, "headers": wire.headers}


def stray_answer(wire: Wire, number: int) -> Sent:
    return legacy(wire, {"jsonrpc": "2.0", "id": f"invented-{number}", "result": {"text": "x" * 200_000}})


def cancellation(wire: Wire, number: int) -> Sent:
    return legacy(wire, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "x" * 250}})


def large_cancellation(wire: Wire, number: int) -> Sent:
    params = {"requestId": "x" * 200_000}
    return legacy(wire, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})


def subscription(wire: Wire, number: int) -> Sent:
    params = {"uri": f"news://{number}{'x' * 1900}"}
    return legacy(wire, {"jsonrpc": "2.0", "id": number, "method": "resources/subscribe", "params": params})


def refused_call(wire: Wire, number: int) -> Sent:
    params = {"name": "x" * 5000, "arguments": {}}
    return legacy(wire, {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


def legacy(wire: Wire, body: dict[str, Any]) -> Sent:
    return "POST", "/mcp", {"json": body, "headers": wire.legacy_headers}


EVENT = ("action", "reason", "detail", "username", "client_id", "client_name", "agent", "arguments")
CLIENT = ("name", "redirect_uris", "jwks", "scope", "client_uri", "logo_uri", "jwks_uri")
# A rate's allowance refills while the flood goes on, so that each may be exceeded a little.
FLOODS = [
    Flood("registrations as large as may be", "oauth_mcp_client", 520, CLIENT, 32_768, registration),
    Flood("registrations with a large key id", "oauth_mcp_client", 0, CLIENT, 32_768, large_key_id),
    Flood("starts of a passkey sign-in", "django_session", 1020, ("session_data",), 16_384, passkey),
    Flood("token requests of invented clients", "oauth_mcp_allowance", 50, ("name",), 255, invented_client),
    Flood("calls with an invented token", "oauth_mcp_event", 320, EVENT, 2_000, wrong_token),
    Flood("reads of the metadata", "oauth_mcp_event", 10, EVENT, 2_000, metadata),
    Flood("MCP sessions with many capabilities", "mcp_api_session", 200, ("capabilities",), 16_384, session),
    Flood("answers to no question", "mcp_api_mail", 0, ("body",), 0, stray_answer),
    Flood("cancellations", "mcp_api_mail", 1500, ("body",), 500, cancellation),
    Flood("cancellations of a large id", "mcp_api_mail", 0, ("body",), 0, large_cancellation),
    Flood("subscriptions", "mcp_api_mail", 100, ("body",), 3_000, subscription),
    Flood("refused calls of one person", "oauth_mcp_event", 3100, EVENT, 2_000, refused_call),
]


def flooded(server: LiveServer, flood: Flood, count: int = FLOOD, health: float = HEALTH_SECONDS) -> Report:
    """Send it `count` times from one address; bystander others go on, and nothing grows beyond what is declared."""
    report, attacker, other = Report(f"{count} {flood.name}"), Wire(server).initialize(), Wire(server)
    before = rows(server, flood.table)
    with Bystander(server, other.modern("tools/list", {})) as bystander:
        answers = send(server, flood, attacker, count)
    grown, largest = rows(server, flood.table) - before, largest_row(server, flood)
    if flood.table == "oauth_mcp_event":
        # Each call of the others is on record.
        grown -= bystander.answers.total()
    report.figures = {
        "answers": counted(answers),
        f"rows more in {flood.table}": grown,
        "largest row, characters": largest,
        "/health within": f"{bystander.slow * 1000:.0f} ms (95 %)",
        "calls of somebody else": counted(bystander.answers.elements()),
    }
    report.must(grown <= flood.most, f"at most {flood.most} rows are added")
    report.must(grown <= 0 or largest <= flood.largest, f"no row has more than {flood.largest} characters")
    report.must(not any(status >= 500 for status in answers), "no answer is a defect")
    report.must(bystander.slow <= health, f"/health answers within {health:g} s")
    report.must(set(bystander.answers) == {200}, "others are served")
    return report


def send(server: LiveServer, flood: Flood, attacker: Wire, count: int) -> list[int]:
    """The status of each answer."""
    address = f"198.51.100.{secrets.randbelow(250)}"
    # A stranger keeps no cookie: each request comes from another browser.
    forgetful = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    with httpx2.Client(timeout=60, cookies=forgetful) as client, ThreadPoolExecutor(AT_ONCE) as threads:

        def one(number: int) -> int:
            method, path, options = flood.request(attacker, number)
            headers = {**options.pop("headers", {}), "X-Forwarded-For": address}
            return client.request(method, server.url + path, headers=headers, **options).status_code

        return list(threads.map(one, range(count)))


def rows(server: LiveServer, table: str) -> int:
    [(count,)] = server.database.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    return int(count)


def largest_row(server: LiveServer, flood: Flood) -> int:
    size = " + ".join(f"length(coalesce(CAST({column} AS text), ''))" for column in flood.columns)
    [(largest,)] = server.database.rows(f"SELECT max({size}) FROM {flood.table}")  # noqa: S608 - our own names
    return int(largest or 0)


def attacked(template: Template, worker: str = WORKER) -> LiveServer:
    """A server at the default limits, not started yet, which believes where requests come from."""
    return serve(template, worker, TRUSTED_PROXY="true")

"""The token endpoint, beside the stock toolkit's: codes and refresh tokens, each of which is good once."""

import http.client
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.benchmarks.client import REDIRECT_URI
from tests.benchmarks.databases import our_database, toolkit_database
from tests.benchmarks.load import Run
from tests.benchmarks.rounds import Measured
from tests.benchmarks.servers import CONTENDERS, ours, under_gunicorn
from tests.support.oauth.pkce import VERIFIER

CONNECTIONS = 8
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# The stock toolkit checks a random secret by PBKDF2, which takes it a third of a second each time.
OURS, STOCK = {"public": 300, "confidential": 300}, {"public": 100, "confidential": 8}
KINDS = ("code", "refresh")


@contextmanager
def this_server(rounds: int) -> Iterator[tuple[str, dict[str, Any]]]:
    with (
        our_database(exchanges=OURS["public"] * rounds) as database,
        ours(database.env) as origin,
    ):
        yield f"{origin}/oauth/token", database.made["clients"]


@contextmanager
def stock(rounds: int) -> Iterator[tuple[str, dict[str, Any]]]:
    with (
        toolkit_database({name: count * rounds for name, count in STOCK.items()}) as database,
        under_gunicorn(f"{CONTENDERS}.toolkit", database.env) as origin,
    ):
        yield f"{origin}/oauth/token/", database.made["clients"]


def bodies(client: Mapping[str, Any], kind: str) -> list[str]:
    known = {key: client[key] for key in ("client_id", "client_secret") if key in client}
    if kind == "refresh":
        fields = [{"grant_type": "refresh_token", "refresh_token": token} for token in client["refresh_tokens"]]
    else:
        code = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        fields = [{**code, "code": value} for value in client["codes"]]
    return [urlencode({**each, **known}) for each in fields]


def rate(url: str, requests: Sequence[str]) -> Run:
    """Requests a second, over so many connections. Raises RuntimeError where one is refused."""
    shares = [requests[number::CONNECTIONS] for number in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        started = time.monotonic()
        list(threads.map(lambda share: send(url, share), shares))
        return Run(len(requests) / (time.monotonic() - started))


def send(url: str, requests: Sequence[str]) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=60)
    for body in requests:
        connection.request("POST", address.path, body, FORM)
        response = connection.getresponse()
        told = response.read()
        if response.status != 200:
            raise RuntimeError(f"{url} answered {response.status}: {told[:300]!r}")
    connection.close()


def measure(rounds: int) -> dict[tuple[str, str], dict[str, Measured]]:
    """By kind and client: requests a second of ours and of the stock toolkit's, in rounds that alternate."""
    rates: dict[tuple[str, str], dict[str, list[Run]]] = {}
    with ExitStack() as running:
        servers = {
            "ours": (*running.enter_context(this_server(rounds)), OURS),
            "stock": (*running.enter_context(stock(rounds)), STOCK),
        }
        for turn in range(rounds):
            for kind in KINDS:
                for client in OURS:
                    for name, (url, clients, count) in servers.items():
                        share = bodies(clients[client], kind)[turn * count[client] : (turn + 1) * count[client]]
                        rates.setdefault((kind, client), {}).setdefault(name, []).append(rate(url, share))
    return {what: {name: Measured(tuple(found)) for name, found in of.items()} for what, of in rates.items()}

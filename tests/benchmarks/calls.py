"""`tools/call` of tools as users write them, in both eras, beside what users would pick instead."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.benchmarks.databases import our_database, toolkit_database
from tests.benchmarks.eras import MODERN, REVISIONS, TEXT, call
from tests.benchmarks.load import CONNECTIONS, Load
from tests.benchmarks.rounds import Measured, alternate
from tests.benchmarks.servers import CONTENDERS, ours, under_gunicorn, under_uvicorn

# The measured tools and what each is called with.
ARGUMENTS: Mapping[str, dict[str, Any]] = {
    "plain": TEXT,
    "with_context": TEXT,
    "asynchronous": TEXT,
    "read_note": {"number": 1},
    "write_note": TEXT,
    "search_notes": {"text__startswith": "Note 1"},
    "note_list": {},
}
IN_MEMORY = ("plain", "with_context", "asynchronous")


@dataclass(frozen=True, slots=True)
class Target:
    """A server that runs, and a token that it accepts."""

    origin: str
    token: str

    def calls(self, revision: str, tool: str) -> Load:
        return call(revision, self.origin, self.token, tool, ARGUMENTS[tool])


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the tables: a server's tool, in one era."""

    server: str
    tool: str
    revision: str


def plain_calls(origin: str, token: str) -> Load:
    """Calls of the tool without database, at the newest revision."""
    return Target(origin, token).calls(MODERN, "plain")


@contextmanager
def this_server(worker: str) -> Iterator[Target]:
    with our_database() as database, ours(database.env, worker=worker) as origin:
        yield Target(origin, database.token)


@contextmanager
def fastmcp() -> Iterator[Target]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    claims = {"iss": "http://127.0.0.1/", "aud": "http://127.0.0.1/mcp", "sub": "demo", "scope": "read"}
    token = jwt.encode({**claims, "exp": int(time.time()) + 7200}, key, algorithm="RS256")
    with under_uvicorn(f"{CONTENDERS}.fastmcp_server:application", {"BENCH_PUBLIC_KEY": public}) as origin:
        yield Target(origin, token)


@contextmanager
def sdk() -> Iterator[Target]:
    with under_uvicorn(f"{CONTENDERS}.sdk_server:application", {"BENCH_TOKEN": "a-token"}) as origin:
        yield Target(origin, "a-token")


@contextmanager
def toolkit() -> Iterator[Target]:
    with (
        toolkit_database({"public": 0, "confidential": 0}) as database,
        under_gunicorn(f"{CONTENDERS}.toolkit", database.env) as origin,
    ):
        yield Target(origin, database.token)


SERVERS: dict[str, Callable[[], AbstractContextManager[Target]]] = {
    "ours": partial(this_server, "asgi"),
    "threads": partial(this_server, "gthread"),
    "fastmcp": fastmcp,
    "sdk": sdk,
    "toolkit": toolkit,
}


def cases() -> list[Case]:
    """Each tool of ours, and what the other servers have to set against it."""
    modern_only = [Case("toolkit", "plain", MODERN)]
    tools = {"ours": [*ARGUMENTS], "threads": ["plain"], "fastmcp": IN_MEMORY, "sdk": ["plain"]}
    both = [Case(server, tool, revision) for server, names in tools.items() for tool in names for revision in REVISIONS]
    return both + modern_only


def measure(
    seconds: float, rounds: int, chosen: Sequence[Case], connections: int = CONNECTIONS
) -> dict[Case, Measured]:
    """Requests a second and their times of each case, in rounds that alternate."""
    with ExitStack() as running:
        targets = {name: running.enter_context(SERVERS[name]()) for name in {case.server for case in chosen}}
        loads = {
            case: partial(targets[case.server].calls(case.revision, case.tool).run, connections=connections)
            for case in chosen
        }
        return alternate(loads, seconds, rounds)

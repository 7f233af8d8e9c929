"""`tools/call` on `echo` at 2026-07-28, beside what users would pick instead."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.benchmarks.databases import our_database, toolkit_database
from tests.benchmarks.load import Load
from tests.benchmarks.rounds import Measured, alternate
from tests.benchmarks.servers import CONTENDERS, ours, under_gunicorn, under_uvicorn

VERSION = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
}
PARAMS = {"name": "echo", "arguments": {"text": "Hello, World!"}, "_meta": META}
BODY = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": PARAMS})
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": VERSION,
    "Mcp-Method": "tools/call",
    "Mcp-Name": "echo",
}


def call_to(origin: str, token: str) -> Load:
    return Load(f"{origin}/mcp", BODY, {**HEADERS, "Authorization": f"Bearer {token}"})


@contextmanager
def this_server(worker: str) -> Iterator[Load]:
    with our_database() as database, ours(database.env, worker=worker) as origin:
        yield call_to(origin, database.token)


@contextmanager
def fastmcp() -> Iterator[Load]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    claims = {"iss": "http://127.0.0.1/", "aud": "http://127.0.0.1/mcp", "sub": "demo", "scope": "read"}
    token = jwt.encode({**claims, "exp": int(time.time()) + 7200}, key, algorithm="RS256")
    with under_uvicorn(f"{CONTENDERS}.fastmcp_server:application", {"BENCH_PUBLIC_KEY": public}) as origin:
        yield call_to(origin, token)


@contextmanager
def sdk() -> Iterator[Load]:
    with under_uvicorn(f"{CONTENDERS}.sdk_server:application", {"BENCH_TOKEN": "a-token"}) as origin:
        yield call_to(origin, "a-token")


@contextmanager
def toolkit() -> Iterator[Load]:
    with (
        toolkit_database({"public": 0, "confidential": 0}) as database,
        under_gunicorn(f"{CONTENDERS}.toolkit", database.env) as origin,
    ):
        yield call_to(origin, database.token)


@contextmanager
def bare() -> Iterator[Load]:
    with under_gunicorn(f"{CONTENDERS}.bare", {}) as origin:
        yield call_to(origin, "none")


SERVERS: dict[str, Callable[[], AbstractContextManager[Load]]] = {
    "ours": partial(this_server, "asgi"),
    "threads": partial(this_server, "gthread"),
    "fastmcp": fastmcp,
    "sdk": sdk,
    "toolkit": toolkit,
    "bare": bare,
}


def measure(seconds: float, rounds: int) -> dict[str, Measured]:
    """Requests a second of each server, in rounds that alternate."""
    with ExitStack() as running:
        loads = {name: running.enter_context(server()) for name, server in SERVERS.items()}
        return alternate({name: load.run for name, load in loads.items()}, seconds, rounds)

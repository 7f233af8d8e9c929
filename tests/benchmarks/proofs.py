"""Calls with tokens that are bound to a key (DPoP), beside calls with bearer tokens: each has a proof of its own.

Their processor time is what is compared: their rates depend on the other work of the machine.
"""

import math
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import httpx2
import psycopg

from accounts.crypto.token_values import checksum
from tests.benchmarks.calls import plain_calls
from tests.benchmarks.databases import PUBLIC_URL, Prepared, our_database
from tests.benchmarks.load import CONNECTIONS, Load, Run
from tests.benchmarks.rounds import Measured, alternate
from tests.benchmarks.servers import ours, processor_seconds, serving_process
from tests.support.oauth.dpop import Prover

# More than one worker serves.
MOST_A_SECOND = 3000
WORKERS = ("asgi", "gthread")
BIND = "UPDATE oauth_mcp_accesstoken SET dpop_jkt = %s WHERE token_checksum = %s"


@dataclass(frozen=True, slots=True)
class ProofLoad:
    """The calls of `bearer`, with another `token`, which is bound to the key of `prover`."""

    bearer: Load
    token: str
    prover: Prover

    def run(self, seconds: float, connections: int = CONNECTIONS) -> Run:
        """Make the proofs, which takes the client no time while it is measured, then send them."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as proofs:
            self._write(proofs, math.ceil(seconds) * MOST_A_SECOND)
            headers = {**self.bearer.headers, "Authorization": f"DPoP {self.token}"}
            return Load(self.bearer.url, self.bearer.body, headers, each={"DPoP": Path(proofs.name)}).run(
                seconds, connections
            )

    def _write(self, file: IO[str], count: int) -> None:
        nonce = self._nonce()
        for _ in range(count):
            print(self._proof(nonce), file=file)
        file.flush()

    def _nonce(self) -> str:
        headers = {**self.bearer.headers, "Authorization": f"DPoP {self.token}", "DPoP": self._proof(None)}
        response = httpx2.post(self.bearer.url, content=self.bearer.body, headers=headers)
        assert response.status_code == 200, response.text
        return response.headers["DPoP-Nonce"]

    def _proof(self, nonce: str | None) -> str:
        return self.prover.proof("POST", f"{PUBLIC_URL}/mcp", self.token, nonce=nonce)


def measure(seconds: float, rounds: int) -> Mapping[tuple[str, str], Measured]:
    """Return the rates and processor times of both, by the kind of worker and the kind of token."""
    found: dict[tuple[str, str], Measured] = {}
    for worker in WORKERS:
        with ExitStack() as running:
            database = running.enter_context(our_database(people=2))
            prover, token = Prover(), str(database.made["tokens"][1])
            bind(database, token, prover)
            origin = running.enter_context(ours(database.env, "--max-requests", "0", worker=worker))
            bearer, process = plain_calls(origin, database.token), serving_process(origin)
            loads = {"Bearer": bearer.run, "DPoP": ProofLoad(bearer, token, prover).run}
            measured = alternate({kind: timed(run, process) for kind, run in loads.items()}, seconds, rounds)
            found |= {(worker, kind): each for kind, each in measured.items()}
    return found


def timed(load: Callable[[float], Run], process: int) -> Callable[[float], Run]:
    """Return `load`, which measures the processor time of the server's one worker, too."""

    def run(seconds: float) -> Run:
        before = processor_seconds(process)
        found = load(seconds)
        return replace(found, processor=(processor_seconds(process) - before) / found.requests * 1e6)

    return run


def bind(database: Prepared, token: str, prover: Prover) -> None:
    with psycopg.connect(database.env["DATABASE_URL"]) as connection:
        assert connection.execute(BIND, [prover.thumbprint, checksum(token)]).rowcount == 1

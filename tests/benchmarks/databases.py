"""The databases that the compared servers run on, with tokens and codes to ask with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.database import Database, manage
from tests.support.servers.python_process import PROJECT

PUBLIC_URL = "http://127.0.0.1"
# A limit that is counted, as in production, and never reached.
ENOUGH = "100000000/minute"
SETTINGS = {
    "SECRET_KEY": "only-for-measuring-and-longer-than-fifty-characters",
    "PUBLIC_URL": PUBLIC_URL,
    "ALLOWED_HOSTS": "127.0.0.1",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": os.devnull,
    "APPS": "tests.benchmarks.notes",
    # All of the load is of one person, at one address.
    "LIMIT_CALLS_PERSON": ENOUGH,
    "LIMIT_CALLS_CLIENT": ENOUGH,
    "LIMIT_CALLS_ADDRESS": ENOUGH,
    "LIMIT_TOKENS_CLIENT": "0",
    "LIMIT_TOKENS_ADDRESS": "0",
}
OURS = "import json; from tests.benchmarks.data import make; print(json.dumps(make({tokens}, {people}, {exchanges})))"
TOOLKIT = """
import json, sys
import tests.benchmarks.contenders.toolkit
from tests.benchmarks.contenders.toolkit_data import make
print(json.dumps(make(json.loads(sys.argv[1]))))
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """`env` is what the server needs; `made` is what its database holds (tests/benchmarks/data.py, Fixture)."""

    env: dict[str, str]
    made: dict[str, Any]

    @property
    def token(self) -> str:
        """A person's access token."""
        return str(self.made["tokens"][0])


@contextmanager
def our_database(*, tokens: int = 1000, people: int = 1, exchanges: int = 0) -> Iterator[Prepared]:
    """This server's, migrated, with so many tokens in it."""
    database = Database()
    try:
        manage("migrate", "--run-syncdb", "--verbosity", "0", database=database, env=SETTINGS)
        code = OURS.format(tokens=tokens, people=people, exchanges=exchanges)
        printed = manage("shell", "--verbosity", "0", "--command", code, database=database, env=SETTINGS)
        yield Prepared({**SETTINGS, "DATABASE_URL": database.url}, json.loads(printed))
    finally:
        database.drop()


@contextmanager
def toolkit_database(exchanges: Mapping[str, int]) -> Iterator[Prepared]:
    """The stock toolkit's, with so many codes and refresh tokens for its public and its confidential client."""
    database = Database()
    try:
        env = {"DATABASE_URL": database.url}
        command = [sys.executable, "-c", TOOLKIT, json.dumps(exchanges)]
        done = subprocess.run(
            command, cwd=PROJECT, env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        yield Prepared(env, json.loads(done.stdout))
    finally:
        database.drop()

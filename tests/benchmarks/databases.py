"""The databases that the compared servers run on, with a token to call them with."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.server import PROJECT, Database, manage

PUBLIC_URL = "http://127.0.0.1"
SETTINGS = {
    "SECRET_KEY": "only-for-measuring-and-longer-than-fifty-characters",
    "PUBLIC_URL": PUBLIC_URL,
    "ALLOWED_HOSTS": "127.0.0.1",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """`env` is what the server needs, `token` a person's access token, `database` what it runs on."""

    database: Database
    env: dict[str, str]
    token: str


OURS = """
import json
from tests.benchmarks.data import make_tokens_of
print(json.dumps(make_tokens_of({tokens})))
"""
TOOLKIT = """
import json
import tests.benchmarks.contenders.toolkit
from tests.benchmarks.toolkit_data import make
print(json.dumps(make()))
"""


@contextmanager
def our_database(*, tokens: int) -> Iterator[Prepared]:
    """This server's, migrated, with so many tokens in it."""
    database = Database()
    try:
        manage("migrate", "--verbosity", "0", database=database, env=SETTINGS)
        code = OURS.format(tokens=tokens)
        printed = manage("shell", "--verbosity", "0", "--command", code, database=database, env=SETTINGS)
        yield Prepared(database, {**SETTINGS, "DATABASE_URL": database.url}, json.loads(printed))
    finally:
        database.drop()


@contextmanager
def toolkit_database() -> Iterator[Prepared]:
    """The stock toolkit's."""
    database = Database()
    try:
        env = {"DATABASE_URL": database.url}
        printed = subprocess.run(
            [sys.executable, "-c", TOOLKIT],
            cwd=PROJECT,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        yield Prepared(database, env, json.loads(printed))
    finally:
        database.drop()

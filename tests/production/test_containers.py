"""Dockerfile and compose.yaml, without a container engine: their very steps, taken here one by one."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

from tests.support.database import Database
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port
from tests.support.servers.python_process import PROJECT

PUBLIC_URL = "https://mcp.example.com"
ENV_FILE = {
    "SECRET_KEY": "known to everybody, and as long as a key must be: for this test",
    "PUBLIC_URL": PUBLIC_URL,
    "POSTGRES_PASSWORD": "letters",
    "DEBUG": "true",
}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Instruction(NamedTuple):
    name: str
    rest: str


def instructions() -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [Instruction(*line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def said(name: str) -> list[str]:
    return [each.rest for each in instructions() if each.name == name]


def interpolate(text: str) -> str:
    """${NAME}, ${NAME:-default} and ${NAME:?message}, as Compose does."""

    def value(match: re.Match[str]) -> str:
        name, kind, word = match.groups()
        if ENV_FILE.get(name):
            return ENV_FILE[name]
        assert kind != "?", f"{name}: {word}"
        return word or ""

    return VARIABLE.sub(value, text)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(interpolate((PROJECT / "compose.yaml").read_text())))


def is_ignored(path: str) -> bool:
    patterns = [line for line in (PROJECT / ".dockerignore").read_text().split("\n") if line and line[0] != "#"]
    parts = path.split("/")
    folders = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(
        fnmatch(folder if "**/" not in pattern else folder.rpartition("/")[2], pattern.removeprefix("**/"))
        for pattern in patterns
        for folder in folders
    )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a clone that `COPY . .` copies."""
    folder = tmp_path_factory.mktemp("image")
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    if not tracked:
        pytest.skip("this is no clone: git does not say what belongs to it")
    for path in filter(None, tracked.splitlines()):
        if not is_ignored(path) and (PROJECT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / path, folder / path)
    return folder


class Container:
    """The environment in which Docker would run a command of that service: nothing of this machine's but Python."""

    def __init__(self, image: Path, compose: dict[str, Any], database: Database, port: int) -> None:
        self.image = image
        self.env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        for line in said("ENV"):
            self.env |= dict(pair.split("=", 1) for pair in shlex.split(line))
        server = compose["services"]["server"]
        assert server["env_file"] == ".env"
        self.env |= ENV_FILE | server["environment"] | {"PORT": str(port)}
        ours = urlsplit(self.env["DATABASE_URL"])
        assert (ours.hostname, ours.username, ours.password) == ("database", "mcp", "letters")
        self.env["DATABASE_URL"] = database.url

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command, cwd=self.image, env=self.env, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )

    def start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, cwd=self.image, env=self.env)


@pytest.fixture(scope="module")
def container(image: Path, compose: dict[str, Any]) -> Iterator[Container]:
    port = free_port()
    database = Database()
    yield Container(image, compose, database, port)
    database.drop()


def test_image_holds_no_secret_and_nothing_that_a_machine_made(image: Path) -> None:
    made = [line.rstrip("/") for line in (PROJECT / ".gitignore").read_text().splitlines() if line and line[0] != "#"]
    made.remove("local_settings.py")
    for path in (*made, ".env.production", "certificates/server.key", ".git/config", "a/b/__pycache__/c.pyc"):
        assert is_ignored(path.replace("*", "x")) or path.endswith(".pyc"), path
    assert not is_ignored("library/models.py")
    assert not is_ignored("local_settings.py")
    assert (image / "config" / "wsgi.py").is_file()
    assert (image / "accounts" / "templates" / "oauth_mcp" / "base.html").is_file()
    assert not list(image.rglob(".env*"))
    assert not re.search(r"SECRET|PASSWORD|DATABASE_URL", (PROJECT / "Dockerfile").read_text())


def test_image_installs_what_is_pinned_and_runs_as_nobody_in_particular() -> None:
    install, add = said("RUN")
    assert install == "pip install --requirement requirements.txt"
    # All of it is installed here already: so that it fits together, nothing has to be fetched to tell.
    command = [sys.executable, "-m", "pip", *install.split()[1:], "--dry-run", "--no-index", "--quiet"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    account = add.split()[-1]
    names = [each.name for each in instructions()]
    assert said("USER") == [account] != ["root"]
    assert names.index("USER") < names.index("CMD")
    assert "--system" in add


def test_server_starts_only_after_the_migrations(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["server"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    # For a proxy on this machine, and for nobody else.
    assert services["server"]["ports"] == ["127.0.0.1:9000:9000"]
    assert "ports" not in services["database"]


# compose.yaml brings a PostgreSQL.
@pytest.mark.postgres_only
def test_its_steps_make_a_server_that_is_healthy(container: Container, compose: dict[str, Any]) -> None:
    [healthcheck] = (rest.split(" CMD ", 1)[1] for rest in said("HEALTHCHECK"))
    asks = json.loads(healthcheck)
    migrated = container.run(compose["services"]["migrate"]["command"])
    assert migrated.returncode == 0, migrated.stderr
    assert container.run(asks).returncode == 1
    [command] = said("CMD")
    server = container.start(json.loads(command))
    try:
        until = time.monotonic() + PATIENCE_SECONDS
        while (asked := container.run(asks)).returncode and time.monotonic() < until:
            time.sleep(0.2)
        assert asked.returncode == 0, asked.stderr
        document = httpx2.get(
            f"http://127.0.0.1:{container.env['PORT']}/.well-known/oauth-authorization-server",
            headers={"Host": "mcp.example.com"},
        )
        assert document.json()["issuer"] == PUBLIC_URL
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
    assert server.returncode == 0
    assert not os.path.lexists(container.image / "db.sqlite3")

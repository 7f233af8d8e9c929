"""docs/quickstart.md: the steps with curl, run as they are written against a server."""

import json
import os
import re
import shutil
import subprocess

import pytest

from tests.conftest import missing
from tests.manual.pages import blocks_of
from tests.support.oauth.http_client import parameters_of
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

WRITTEN_FOR = "http://localhost:9000"


def steps() -> list[str]:
    """The four steps of the block with curl, each with its comment."""
    [code] = [block.code for block in blocks_of("quickstart.md") if "/oauth/register" in block.code]
    return re.findall(r"^# \d\. .*?(?=^# \d\. |\Z)", code, re.DOTALL | re.MULTILINE)


def run(step: str, server: LiveServer, **values: str) -> str:
    """Return what `step` prints. `values` are what a reader enters for each `…`, and values from earlier steps."""
    text = step.replace(WRITTEN_FOR, server.url)
    for name, value in values.items():
        text = text.replace(f"{name}=…", f"{name}='{value}'")
    commands = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert "…" not in commands
    done = subprocess.run(
        ["sh", "-ec", commands], env={**os.environ, **values}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def test_steps_with_curl_work_as_written(server: LiveServer) -> None:
    for program in ("curl", "openssl"):
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    register, authorize, redeem, call = steps()
    client = json.loads(run(register, server))
    values = {"CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["client_secret"]}
    address, values["VERIFIER"] = run(f"{authorize}\necho $VERIFIER", server, **values).split()
    values["CODE"] = parameters_of(Person("demo", "demo123").approve(address))["code"]
    values["ACCESS_TOKEN"] = json.loads(run(redeem, server, **values))["access_token"]
    answer = json.loads(run(call, server, **values))
    assert answer["result"]["content"][0]["text"] == "Hello, World!"

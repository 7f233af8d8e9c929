"""The harness's scenarios of DPoP test clients: the one by which tests/clients/test_dpop.py tests this server passes."""

import json
from pathlib import Path

import pytest

from tests.clients.nodejs import FOLDER, NODE
from tests.conformance.harness import PROGRAM, problems, run


@pytest.mark.usefixtures("harness", "node_packages")
@pytest.mark.parametrize("scenario", ["auth/dpop", "auth/dpop-nonce"])
def test_the_client_of_the_tests_passes(scenario: str, tmp_path: Path) -> None:
    client = f"{NODE} {FOLDER / 'conformance-dpop.mjs'}"
    options = ["--command", client, "--scenario", scenario, "--output-dir", str(tmp_path)]
    printed = run([str(NODE), str(PROGRAM), "client", *options])
    checked = list(tmp_path.rglob("checks.json"))
    assert [problems(json.loads(file.read_text())) for file in checked] == [[]], printed[-3000:]

"""While the largest inputs that are hard to parse are being refused, everybody else is served."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.mcp_api.messages import Body, legacy, meta, modern
from tests.streams.conftest import WORKERS, serve
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

# It was 22 seconds. A parser holds Python's lock for a part of a second at most.
PROMPT_SECONDS = 2.0
# Of MAX_BODY_BYTES.
MANY = 160_000

WORST: dict[str, tuple[str, Body]] = {
    "a URI that nearly matches": ("resources/read", {"uri": "news://" + "-/at" * 8_000 + "/"}),
    "a URI that nearly matches, not too long": ("resources/read", {"uri": "news://" + "/at" * 2_700 + "?"}),
    "answers": ("tools/call", {"name": "echo", "_meta": meta(), "inputResponses": {str(n): {} for n in range(MANY)}}),
    "URIs": (
        "subscriptions/listen",
        {"_meta": meta(), "notifications": {"resourceSubscriptions": [0] * (5 * MANY)}},
    ),
    "arguments": ("tools/call", {"name": "echo", "arguments": {str(n): 0 for n in range(MANY)}}),
    "lists": ("tools/call", {"name": "echo", "arguments": {"text": [[]] * (3 * MANY)}}),
}


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, template: Template) -> Iterator[LiveServer]:
    """One process, whose lock and loop all requests share."""
    with serve(template, request.param, workers=1) as running:
        yield running


@pytest.mark.parametrize("name", WORST)
def test_health_answers_at_once_while_the_worst_input_is_refused(server: LiveServer, name: str) -> None:
    method, params = WORST[name]
    body, headers = (modern if "_meta" in params else legacy)(method, params)
    headers |= {"Authorization": Wire(server).headers["Authorization"], "Content-Type": "application/json"}
    content = json.dumps(body).encode()

    def attack(_: int) -> int:
        return httpx2.post(server.mcp_url, content=content, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(2) as attackers:
        attacks = [attackers.submit(attack, each) for each in range(4)]
        waits: list[float] = []
        while not waits or not all(each.done() for each in attacks):
            waits.append(httpx2.get(f"{server.url}/health", timeout=60).elapsed.total_seconds())
    assert {each.result() for each in attacks} <= {200, 400, 404}
    assert max(waits) < PROMPT_SECONDS

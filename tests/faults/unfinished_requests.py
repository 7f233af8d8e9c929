"""Thousands of requests that are begun and never ended, at the default limits."""

from contextlib import ExitStack

import httpx2

from tests.faults.bystander import Bystander
from tests.faults.report import Report
from tests.support.http.unfinished import HALF_BODIES, HALF_HEADERS, LEFT_OPEN, NOTHING, dripping, open_sockets
from tests.support.servers.server import LiveServer

HEALTH_SECONDS = 0.1
KINDS = {
    "half headers": HALF_HEADERS,
    "half bodies": HALF_BODIES,
    "idle": (NOTHING,),
    "left open after the answer": LEFT_OPEN,
}


def unfinished_requests(server: LiveServer, number: int, probes: int = 50) -> Report:
    """Measure what `number` of each kind do to others. `dripping` sends another octet on each of them now and then."""
    report = Report(f"{number} unfinished requests of each kind")
    for kind, starts in KINDS.items():
        for drips in (False, True):
            with ExitStack() as stack:
                connections = stack.enter_context(open_sockets(server, number, starts))
                if drips:
                    stack.enter_context(dripping(connections, seconds=1))
                name = f"{kind}, dripping" if drips else kind
                measure(server, report, name, probes)
    report.must("Traceback" not in server.log, "nothing is a defect")
    return report


def measure(server: LiveServer, report: Report, name: str, probes: int) -> None:
    with Bystander(server, least=probes) as bystander:
        pass
    report.must(set(bystander.health) == {200}, f"{name}: /health answers")
    figures = f"median {bystander.median:.3f} s, 95 % {bystander.slow:.3f} s, longest {bystander.slowest:.3f} s"
    report.figures[f"/health beside {name}"] = figures
    report.must(bystander.slow < HEALTH_SECONDS, f"{name}: /health within {HEALTH_SECONDS} s")
    registered = httpx2.post(
        f"{server.url}/oauth/register", json={"redirect_uris": ["https://app.example/callback"]}, timeout=60
    )
    report.must(registered.status_code == 201, f"{name}: others are served")

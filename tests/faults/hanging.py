"""Documents and keys that never come: others are served meanwhile, and everything recovers."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import jwt
from django.utils import timezone

from accounts.client_credentials.assertions import ASSERTION_TYPE
from tests.faults.bystander import Bystander
from tests.faults.report import Report, counted
from tests.support.database import Template
from tests.support.documents import DocumentServer
from tests.support.flows import App
from tests.support.oauth.metadata_documents import KEY, KEYS
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

APPLICATIONS = {"gthread": "tests.clients.documents_wsgi", "asgi": "tests.clients.documents_asgi"}
PASSWORD = "correct horse battery"
CLIENTS = 40
# How long /health may take, for 95 of 100 requests.
HEALTH_SECONDS = 0.1
# How long a request may take that waits for a fetch: the deadline of one, and as much again on a slow machine.
ANSWER_SECONDS = 10.0
MAKE = """
from tests.support.factories import make_user
from accounts.models import Consent
people = {{name: make_user(name, password={password!r}) for name in ("ada", "mallory")}}
# Each has an account, and approved their own.
for name, owner, count in (("hanging", "mallory", {count}), ("other", "ada", {others})):
    for number in range(count):
        hanging = f"https://k{{number}}.hanging.example/" + ("drip" if number % 2 else "silent")
        client = Client.objects.create(
            client_id=f"{{name}}-{{number}}", redirect_uris="https://app.example/callback",
            jwks_uri=hanging if name == "hanging" else f"https://evil.example/{{number}}.json",
            token_endpoint_auth_method="private_key_jwt", registration_source="dcr",
        )
        Consent.objects.create(user=people[owner], client=client, scope="read")
"""


@contextmanager
def served(template: Template, worker: str, limits: dict[str, str]) -> Iterator[tuple[LiveServer, DocumentServer]]:
    """A server at its default limits, but for `limits`, which finds documents at a server that hangs for some names."""
    documents = DocumentServer()
    env = {**limits, "DOCUMENTS_PORT": str(documents.port), "DOCUMENTS_CERTIFICATE": str(documents.certificate)}
    # So that requests can come from different addresses.
    env["TRUSTED_PROXY"] = "true"
    env["GUNICORN_CMD_ARGS"] = f"--worker-class {worker}"
    try:
        with LiveServer(template, env=env, workers=1, application=APPLICATIONS[worker]) as server:
            yield server, documents
    finally:
        documents.stop()


def hanging_fetches(
    template: Template,
    worker: str,
    *,
    clients: int = CLIENTS,
    rounds: int = 3,
    health_seconds: float = HEALTH_SECONDS,
    **limits: str,
) -> Report:
    report = Report(f"Documents and keys of {clients} clients never come ({worker})")
    with served(template, worker, limits) as (server, documents), ThreadPoolExecutor(2 * clients) as pool:
        server.shell(MAKE.format(password=PASSWORD, count=clients, others=rounds + 1))
        with signed_in(server, "ada") as ada, signed_in(server, "mallory") as mallory:
            answers: list[Future[httpx2.Response]] = []
            latencies: list[float] = []
            for number in range(rounds):
                answers += [
                    pool.submit(ask_for_token, server, f"hanging-{each}", address(each)) for each in range(clients)
                ]
                names = [f"{number}-{each}" for each in range(clients)]
                answers += [pool.submit(ask_for_document, mallory, server, name) for name in names]
                with Bystander(server) as bystander:
                    others_are_served(report, server, documents, ada, number)
                    wait(answers)
                report.must(set(bystander.health) == {200}, "/health answers")
                latencies += bystander.seconds
            responses = [answer.result() for answer in answers]
            others_are_served(report, server, documents, ada, rounds)
    slow = sorted(latencies)[int(len(latencies) * 0.95)]
    slowest = max(response.elapsed.total_seconds() for response in responses)
    report.figures |= {
        "/health, 95 of 100 within": f"{slow * 1000:.0f} ms",
        "/health, at most": f"{max(latencies) * 1000:.0f} ms",
        "answered": counted(response.status_code for response in responses),
        "answered within": f"{slowest:.1f} s",
    }
    report.must(slow < health_seconds, f"/health answers within {health_seconds * 1000:.0f} ms")
    report.must(slowest < ANSWER_SECONDS, "nobody waits for longer than a fetch may take")
    report.must(all(response.status_code == 503 for response in responses), "each is told to come back")
    report.must(all("Retry-After" in response.headers for response in responses), "and when")
    return report


def others_are_served(
    report: Report, server: LiveServer, documents: DocumentServer, ada: httpx2.Client, number: int
) -> None:
    """A document that is new here, the keys of its client, and a page."""
    document = {
        "client_id": f"https://app.example/{number}.json",
        "redirect_uris": ["https://app.example/callback"],
    }
    app = App(documents.publish(document), redirect_uri="https://app.example/callback")
    page = ada.get(server.url + app.authorization_url())
    report.must(page.status_code == 200, f"a client of another document is let in: {page.status_code}")
    documents.documents[f"https://evil.example/{number}.json"] = KEYS
    answer = ask_for_token(server, f"other-{number}", "192.0.2.250")
    # Its key is right, and the code is not.
    is_proven = answer.json().get("error") == "invalid_grant"
    report.must(is_proven, f"another client's keys are fetched: {answer.status_code} {answer.text}")


def signed_in(server: LiveServer, name: str) -> httpx2.Client:
    """The browser of a person who is signed in."""
    person = Person(name, PASSWORD)
    registered = httpx2.post(
        f"{server.url}/oauth/register",
        json={"redirect_uris": ["https://app.example/callback"], "token_endpoint_auth_method": "none"},
    ).json()
    app = App(registered["client_id"], redirect_uri="https://app.example/callback")
    person.approve(server.url + app.authorization_url())
    return httpx2.Client(cookies=person.cookies, timeout=60)


def ask_for_document(browser: httpx2.Client, server: LiveServer, name: str) -> httpx2.Response:
    app = App(f"https://d{name}.hanging.example/silent", redirect_uri="https://app.example/callback")
    return browser.get(server.url + app.authorization_url())


def address(number: int) -> str:
    """Half of the clients come from one address, the others each from its own."""
    return f"192.0.2.{number if number % 2 else 0}"


def ask_for_token(server: LiveServer, client_id: str, address: str) -> httpx2.Response:
    """A request of a client that proves itself by its key."""
    claims: dict[str, Any] = {"iss": client_id, "sub": client_id, "aud": f"{server.url}/oauth/token"}
    now = timezone.now()
    claims |= {"exp": now + timedelta(minutes=5), "jti": f"{client_id} {time.monotonic()}"}
    data = {
        "grant_type": "authorization_code",
        "code": "a code",
        "code_verifier": "a" * 43,
        "redirect_uri": "https://app.example/callback",
        "client_id": client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"}),
    }
    return httpx2.post(f"{server.url}/oauth/token", data=data, headers={"X-Forwarded-For": address}, timeout=60)

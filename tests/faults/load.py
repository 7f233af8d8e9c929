"""People who sign in, and their clients, which refresh, call tools and listen: all at once, for a while."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ipaddress import ip_address
from itertools import cycle
from secrets import randbits
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.faults.ledger import Ledger
from tests.faults.races import register
from tests.faults.report import Report
from tests.mcp_api.messages import modern
from tests.support.flows import REDIRECT_URI, App
from tests.support.oauth.pkce import VERIFIER
from tests.support.oauth.token_requests import TRUSTED
from tests.support.people.browser import Person, UnexpectedPage
from tests.support.servers.server import APPLICATIONS, WORKER, LiveServer

PEOPLE, FEW = 8, 3  # few in a short form
PASSWORD = "correct horse battery"
SHARE = 0.8
# What each client does, again and again. Once round it also leaves, and its person signs in anew.
ROUND = [*["call"] * 12, "refresh", *["call"] * 12, "listen", *["call"] * 12, "refresh", "leave"]
MAKE = """
from tests.support.factories import make_user
for number in range({count}):
    name = f"loaded-{{number}}"
    User.objects.filter(username=name).exists() or make_user(name, password={password!r})
"""
# For everybody comes from one address here.
NO_LIMITS = {"TRUSTED_PROXY": "true"} | {
    f"LIMIT_{name}": "0"
    for name in (
        *("CALLS_PERSON", "CALLS_CLIENT", "CALLS_ADDRESS", "TOKENS_CLIENT", "TOKENS_ADDRESS"),
        *("REGISTRATIONS_ADDRESS", "REGISTRATIONS_TOTAL", "AUTHORIZATIONS_ADDRESS"),
        *("SIGN_INS_NAME", "SIGN_INS_ADDRESS", "SIGN_INS_ELSEWHERE"),
    )
}


def unlimited(worker: str = WORKER, **env: str) -> dict[str, Any]:
    """Return the arguments of a LiveServer, besides its template, that takes a load with that kind of worker."""
    return {
        "application": APPLICATIONS[worker],
        "env": {**NO_LIMITS, "GUNICORN_CMD_ARGS": f"--worker-class {worker}", **env},
    }


class Connected:
    """A person with a client, who goes through `ROUND`, comes back after failures, and tells the ledger all."""

    def __init__(self, server: LiveServer, number: int) -> None:
        self.server = server
        self.person = Person(f"loaded-{number}", PASSWORD)
        self.app: App = register(server)
        self.http = httpx2.Client(timeout=60, verify=TRUSTED)
        self.access = self.refresh_token = ""
        self.steps = cycle(ROUND)
        self.retry = ""
        self.done = 0

    def step(self, ledger: Ledger) -> None:
        what = "sign in" if not self.access else self.retry or next(self.steps)
        try:
            is_done = getattr(self, what.replace(" ", "_"))(ledger)
        except UnexpectedPage as page:
            if page.response.status_code == 200:
                ledger.is_wrong(what, str(page))
            else:
                ledger.answered(what, page.response.status_code, page.response.text)
            is_done = False
        except httpx2.HTTPError:
            ledger.answered(what, "dropped")
            is_done = False
        self.retry = "" if is_done else what
        self.done += is_done

    def sign_in(self, ledger: Ledger) -> bool:
        self.person.cookies = httpx2.Cookies()
        # From anywhere, as people do: each address may sign in so often.
        self.person.headers = {"X-Forwarded-For": str(ip_address(randbits(32)))}
        location = self.person.approve(self.server.url + self.app.authorization_url())
        ledger.answered("sign in", 200)
        code = parse_qs(urlsplit(location).query)["code"][0]
        fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        return self.take(ledger, "exchange", code, {**fields, "redirect_uri": REDIRECT_URI})

    def refresh(self, ledger: Ledger) -> bool:
        fields = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        return self.take(ledger, "refresh", self.refresh_token, fields)

    def take(self, ledger: Ledger, what: str, presented: str, fields: dict[str, str]) -> bool:
        answer = self.http.post(f"{self.server.url}/oauth/token", data={**fields, **self.app.credentials})
        ledger.answered(what, answer.status_code, answer.text)
        if answer.status_code == 200:
            pair = answer.json()
            self.access, self.refresh_token = pair["access_token"], pair["refresh_token"]
            ledger.gave(self.access, presented)
        elif answer.status_code == 400:
            # What was refreshed though nobody heard of it, too long ago: begin anew.
            self.access = ""
            if self.retry != what or answer.json()["error"] != "invalid_grant":
                ledger.is_wrong(what, answer.text)
        return answer.status_code in (200, 400)

    def leave(self, ledger: Ledger) -> bool:
        data = {"token": self.access, **self.app.credentials}
        answer = self.http.post(f"{self.server.url}/oauth/revoke", data=data)
        ledger.answered("leave", answer.status_code, answer.text)
        if answer.status_code != 200:
            return False
        ledger.revoked.add(self.access)
        self.access = ""
        return True

    def call(self, ledger: Ledger) -> bool:
        answer = self.http.post(self.server.mcp_url, **self.message("tools/call", name="echo", arguments={"text": "a"}))
        ledger.answered("call", answer.status_code, answer.text)
        if answer.status_code == 200:
            if "result" in answer.json():
                ledger.calls.add(answer.headers["X-Request-ID"])
            else:
                ledger.is_wrong("call", answer.text)
        return answer.status_code == 200

    def listen(self, ledger: Ledger) -> bool:
        """A stream, until its first message came."""
        asked = self.message("subscriptions/listen", notifications={"toolsListChanged": True})
        with self.http.stream("POST", self.server.mcp_url, **asked) as stream:
            if stream.status_code != 200:
                ledger.answered("listen", stream.status_code, stream.read().decode())
                return False
            messages = (line.removeprefix("data:") for line in stream.iter_lines() if line.startswith("data:"))
            first = json.loads(next(messages, "{}"))
        if first.get("method") != "notifications/subscriptions/acknowledged":
            ledger.answered("listen", "unanswered")
            return False
        ledger.answered("listen", 200)
        return True

    def message(self, method: str, **params: Any) -> dict[str, Any]:
        body, headers = modern(method, params)
        accept = "application/json, text/event-stream"
        return {"json": body, "headers": {**headers, "Accept": accept, "Authorization": f"Bearer {self.access}"}}


class Load:
    """Goes on from `start` to `stop`. `rate`, steps a second of all together, may be changed meanwhile."""

    def __init__(self, server: LiveServer, people: int = PEOPLE) -> None:
        server.shell(MAKE.format(count=people, password=PASSWORD))
        self.server, self.ledger = server, Ledger()
        self.connected = [Connected(server, number) for number in range(people)]
        self.rate: float | None = None
        self.steps = 0
        self._over = threading.Event()

    def run(self, connected: Connected) -> None:
        with connected.http:
            self.keep_on(connected)

    def keep_on(self, connected: Connected) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            connected.step(self.ledger)
            self.steps += 1
            if connected.retry:
                # As a client does: not at once.
                self._over.wait(0.2)
            if self.rate:
                due = max(due + len(self.connected) / self.rate, time.monotonic() - 1)
                self._over.wait(max(0, due - time.monotonic()))

    @contextmanager
    def going(self) -> Iterator["Load"]:
        """While the block lasts. An exception of a client's thread is raised at its end."""
        with ThreadPoolExecutor(len(self.connected)) as pool:
            running = [pool.submit(self.run, each) for each in self.connected]
            try:
                yield self
            finally:
                self._over.set()
            for each in running:
                each.result()

    def measured(self, seconds: float) -> float:
        """Steps a second, over so many seconds from now."""
        before, started = self.steps, time.monotonic()
        time.sleep(seconds)
        return (self.steps - before) / (time.monotonic() - started)

    def gets_going(self, seconds: float = 60) -> None:
        """Until everybody has signed in and calls."""
        until = time.monotonic() + seconds
        while len(self.ledger.calls) < 5 * len(self.connected) and time.monotonic() < until:
            time.sleep(0.02)

    def goes_wrong(self, seconds: float = 30) -> None:
        """Until somebody was told to come back: what is written first may have found room that was left."""
        before, until = self.ledger.count("503"), time.monotonic() + seconds
        while self.ledger.count("503") == before and time.monotonic() < until:
            time.sleep(0.02)

    def comes_back(self, seconds: float = 60) -> float | None:
        """After how many seconds everybody got on again with what they began after now; None where somebody did not."""
        now, before = time.monotonic(), [each.done for each in self.connected]
        # What is done first may have been under way.
        while not all(each.done > done + 1 for each, done in zip(self.connected, before, strict=True)):
            if time.monotonic() > now + seconds:
                return None
            time.sleep(0.02)
        return time.monotonic() - now


def mixed(server: LiveServer, seconds: float, people: int = PEOPLE) -> Report:
    """At `SHARE` of what these clients get through as fast as they can: nothing but success, nothing lost."""
    load = Load(server, people)
    with load.going():
        load.gets_going()
        capacity = load.measured(min(20, seconds / 3))
        load.rate = capacity * SHARE
        reached = load.measured(seconds)
    report = load.ledger.report(f"Mixed load for {seconds:g} s", server)
    report.figures = {"steps a second, at most": f"{capacity:.0f}", "then": f"{reached:.0f}"} | report.figures
    unexpected = load.ledger.unexpected(interrupted=False)
    report.must(not unexpected, f"each request succeeds: {unexpected}")
    report.must(bool(load.ledger.calls), "calls are made")
    return report


def interrupted(load: Load, name: str, fault: Callable[[Load], dict[str, object]]) -> Report:
    """Return the effect on a running load of `fault`, which breaks something and repairs it."""
    with load.going():
        load.gets_going()
        figures = fault(load)
        back = load.comes_back()
    report = load.ledger.report(name, load.server)
    report.figures = {**figures, "each client is served again after": f"{back or 0:.1f} s", **report.figures}
    report.must(back is not None, "each client recovers")
    unexpected = load.ledger.unexpected(interrupted=True)
    report.must(not unexpected, f"clients are told to come back: {unexpected}")
    return report

"""Behind a real nginx with the site of docs/deploy.md, and under systemd with its unit."""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import missing
from tests.production.nginx import Nginx
from tests.streams.conftest import SETTINGS
from tests.streams.listening import EVERYTHING, listen
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.http.certificates import make_certificate
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.patience import PATIENCE_SECONDS
from tests.support.people.browser import Person
from tests.support.servers.python_process import PROJECT
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

CALLERS = 4
WORKERS = 2
YES = {"action": "accept", "content": {"sure": True}}
LAST_ADDRESS = "print(Event.objects.order_by('-pk').first().address)"


class NginxServer(LiveServer):
    """Everything is asked through nginx, whether it is healthy too."""

    def __init__(self, template: Template, nginx: Nginx) -> None:
        self.nginx = nginx
        super().__init__(template, workers=WORKERS, env={**SETTINGS, "TRUSTED_PROXY": "true"})
        self.port = nginx.behind

    @property
    def url(self) -> str:
        return self.nginx.url

    def times(self, line: str) -> int:
        return self.log.count(line)


@pytest.fixture(scope="module")
def server(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NginxServer]:
    certificate = make_certificate(tmp_path_factory.mktemp("certificate"), ["localhost"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate[0]))
        with Nginx(tmp_path_factory.mktemp("nginx"), *certificate) as nginx, NginxServer(template, nginx) as running:
            yield running


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_somebody_signs_in_consents_and_calls_a_tool(server: NginxServer) -> None:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    tokens = app.redeem(
        parameters_of(Person("demo", "demo123").approve(app.authorization_url(state="s" * 5000)))["code"]
    )
    answer = app.call_tool(tokens.json()["access_token"], "echo", text="Hello, World!")
    assert answer.json()["result"]["content"][0]["text"] == "Hello, World!"


def test_nginx_says_who_asks_and_which_request_it_is(server: NginxServer) -> None:
    invented = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": "invented"}
    answer = httpx2.post(f"{server.url}/oauth/token", headers=invented)
    assert server.shell(LAST_ADDRESS) == "127.0.0.1"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_no_address_is_logged_as_it_may_hold_a_secret(server: NginxServer) -> None:
    httpx2.get(f"{server.url}/accounts/password/reset/key/1-the-key-of-a-link/")
    httpx2.post(server.mcp_url)
    assert "missing_token" in server.log
    assert "the-key-of-a-link" not in server.log


def test_plain_http_leads_to_https_and_loses_no_post(server: NginxServer) -> None:
    answer = httpx2.post(f"{server.nginx.plain_url}/mcp?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://localhost/mcp?a=b")


def test_body_as_large_as_it_may_be_reaches_the_server_and_a_larger_one_does_not(server: NginxServer) -> None:
    for size, status in ((2_500_000, 401), (2_600_000, 413)):
        assert httpx2.post(server.mcp_url, content=b"x" * size).status_code == status


def test_question_comes_at_once_on_a_stream_that_waits_for_its_answer(server: NginxServer) -> None:
    """Had nginx kept it back until the stream ends, nobody could ever answer."""
    wire = Wire(server).initialize()
    with wire.stream(**wire.legacy_tool("interview")) as stream:
        wire.answer(stream.message(), YES)
        wire.answer(stream.message(), YES)
        [result] = stream.messages()
    assert result["result"]["structuredContent"] == {"result": "accept accept"}


class Caller(threading.Thread):
    """Calls a tool again and again over one connection that is kept, and keeps what was not answered well."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire, self.calls, self.failures = wire, 0, list[str]()
        self.over = threading.Event()

    def run(self) -> None:
        with httpx2.Client(timeout=PATIENCE_SECONDS) as client:
            while not self.over.is_set():
                try:
                    answer = client.post(self.wire.server.mcp_url, **self.wire.tool("echo", text="hello"))
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))
                else:
                    if answer.status_code != 200:
                        self.failures.append(f"{answer.status_code} {answer.text}")
                self.calls += 1

    def goes_on(self) -> None:
        before = self.calls
        wait_until(lambda: self.calls > before + 10)


def test_reload_under_load_fails_no_request_and_ends_streams_in_good_order(server: NginxServer) -> None:
    booted, gone = "Booting worker with pid", "Worker exiting"
    before = server.times(booted), server.times(gone)
    callers = [Caller(Wire(server)) for _ in range(CALLERS)]
    listener = Wire(server)
    for caller in callers:
        caller.start()
    try:
        with listen(listener, **EVERYTHING) as stream:
            stream.message()
            callers[0].goes_on()
            server.reload()
            # The old process says goodbye, and the stream is taken up with a new one.
            ended = stream.messages()
        assert [message.get("result", {}).get("resultType") for message in ended] == ["complete"]
        wait_until(lambda: server.times(booted) == before[0] + WORKERS and server.times(gone) == before[1] + WORKERS)
        with listen(listener, **EVERYTHING) as stream:
            assert stream.message()["method"] == "notifications/subscriptions/acknowledged"
        for caller in callers:
            caller.goes_on()
    finally:
        for caller in callers:
            caller.over.set()
        for caller in callers:
            caller.join()
    assert [caller.failures for caller in callers] == [[]] * CALLERS


# --- systemd --------------------------------------------------------------------------------------


def test_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    [unit] = re.findall(r"```ini\n(.*?)```", (PROJECT / "docs" / "deploy.md").read_text(), re.DOTALL)
    started = re.search(r"^ExecStart=(\S+) (.*)$", unit, re.MULTILINE)
    assert started
    assert (started[1].endswith("/gunicorn"), started[2]) == (True, "-c config/gunicorn.py config.asgi")
    # The file system is read-only but for uploads, at the place that the manual names.
    [writable] = re.findall(r"^ReadWritePaths=-(\S+)$", unit, re.MULTILINE)
    assert "ProtectSystem=strict" in unit
    assert f"alias {writable}/;" in (PROJECT / "docs" / "your-site.md").read_text()
    verify = shutil.which("systemd-analyze")
    if verify is None:
        missing("systemd is not installed")
    # It looks whether the program and the person are there.
    file = tmp_path / "mcp.service"
    program = shutil.which("true") or "/bin/true"
    file.write_text(re.sub(r"/srv/mcp/\.venv/bin/\w+", program, unit).replace("User=mcp", "User=root"))
    done = subprocess.run([verify, "verify", file], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "mcp.service" in line] == []
    assert done.returncode == 0, done.stderr

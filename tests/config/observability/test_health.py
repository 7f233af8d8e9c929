"""/health: what a load balancer asks."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client as Browser
from prometheus_client import REGISTRY
from pytest_django import Settings

from accounts import metrics  # noqa: F401 - counts what is looked at here
from accounts.rate_limits.counting import outage
from tests.support.database import Template
from tests.support.ports import free_port
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.server import LiveServer

MISSING = "there-is-no-such-folder"


def test_health_of_a_server_that_works(server: LiveServer) -> None:
    for path in ("/health", "/health/"):
        response = httpx2.get(f"{server.url}{path}")

        assert response.status_code == 200
        assert response.headers["Content-Type"] == "application/json"
        assert "no-store" in response.headers["Cache-Control"]
        health = response.json()
        assert set(health) == {"status", "timestamp"}
        assert health["status"] == "healthy"
        assert abs(datetime.now(UTC) - datetime.fromisoformat(health["timestamp"])) < timedelta(minutes=1)


def test_health_asked_by_head(server: LiveServer) -> None:
    response = httpx2.head(f"{server.url}/health")

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(("path", "status"), [("live", "alive"), ("ready", "ready")])
def test_a_server_that_works_is_alive_and_ready(server: LiveServer, path: str, status: str) -> None:
    for slash in ("", "/"):
        response = httpx2.get(f"{server.url}/health/{path}{slash}")
        assert (response.status_code, response.json()) == (200, {"status": status})
        assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_nobody_is_sent_to_a_server_whose_migrations_were_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.observability.readiness._migrated", False)
    newest = MigrationRecorder.Migration.objects.filter(app="oauth_mcp").latest("pk")
    newest.delete()
    assert Browser().get("/health/ready").json() == {"status": "not ready"}
    assert Browser().get("/health").status_code == Browser().get("/health/live").status_code == 200
    newest.save(force_insert=True)
    assert Browser().get("/health/ready").json() == {"status": "ready"}


def ask_whether_ready() -> None:
    response = Browser().get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
@pytest.mark.parametrize("ailment", ["stop", "hang"])
def test_a_server_without_its_redis_is_ready_and_tells_the_operator_alone(
    settings: Settings, caplog: pytest.LogCaptureFixture, ailment: str
) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        # Of another test, perhaps.
        outage.end()
        caplog.clear()
        ask_whether_ready()
        assert "Redis" not in caplog.text
        getattr(redis, ailment)()
        for _ in range(3):
            ask_whether_ready()
            assert REGISTRY.get_sample_value("redis_unavailable") == 1
        assert caplog.text.count("the database takes its place") == 1
        assert "Redis responds again" not in caplog.text
        redis.start()
        ask_whether_ready()
    assert "Redis responds again" in caplog.text
    assert REGISTRY.get_sample_value("redis_unavailable") == 0


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A database server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(
    scope="module", params=["no folder", pytest.param("nobody listens", marks=pytest.mark.any_database), "no answer"]
)
def ailing(request: pytest.FixtureRequest, template: Template, listener: socket.socket) -> Iterator[LiveServer]:
    """A server whose database cannot be reached."""
    free = free_port()
    url = {
        "no folder": f"sqlite:////{MISSING}/db.sqlite3",
        "nobody listens": f"postgres://{MISSING}:password@127.0.0.1:{free}/db",
        "no answer": f"postgres://{MISSING}:password@127.0.0.1:{listener.getsockname()[1]}/db?connect_timeout=2",
    }[request.param]
    with LiveServer(template, workers=1, env={"DATABASE_URL": url}, health=503) as running:
        yield running


def test_health_without_a_database_says_so_and_nothing_else(ailing: LiveServer) -> None:
    response = httpx2.get(f"{ailing.url}/health", timeout=30)

    assert response.status_code == 503
    health = response.json()
    assert set(health) == {"status", "timestamp"}
    assert health["status"] == "unhealthy"
    assert "The database does not respond" in ailing.log


@pytest.mark.any_database
@pytest.mark.parametrize("pool", ["0", "4"])
def test_health_does_not_wait_as_long_as_requests_for_the_database(
    template: Template, listener: socket.socket, pool: str
) -> None:
    """A request waits four seconds for a connection of the pool, or five for a new one."""
    url = f"postgres://{MISSING}:password@127.0.0.1:{listener.getsockname()[1]}/db"
    env = {"DATABASE_URL": url, "DATABASE_POOL": pool}
    with LiveServer(template, workers=1, env=env, health=503) as server:
        for path in ("/health", "/health/ready"):
            assert httpx2.get(f"{server.url}{path}", timeout=3).status_code == 503


def test_a_server_without_a_database_is_alive_and_not_ready(ailing: LiveServer) -> None:
    assert httpx2.get(f"{ailing.url}/health/live").status_code == 200
    response = httpx2.get(f"{ailing.url}/health/ready", timeout=30)
    assert (response.status_code, response.json()) == (503, {"status": "not ready"})
    assert "Not ready: the database does not respond" in ailing.log


def test_endpoints_without_a_database_ask_to_try_again(ailing: LiveServer) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "a", "client_id": "b", "token": "c"}
    metadata = {"redirect_uris": ["http://localhost:8080/callback"]}
    with httpx2.Client(base_url=ailing.url, timeout=30) as client:
        answers = [
            client.post("/mcp", json={}),
            client.post("/mcp", json={}, headers={"Authorization": "Bearer a"}),
            client.post("/oauth/token", data=form),
            client.post("/oauth/token", data={"a": "\x00"}),
            client.post("/oauth/revoke", data=form),
            client.post("/oauth/register", json=metadata),
            client.post("/oauth/register", json={}),
        ]
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["error"] == "temporarily_unavailable"
        assert MISSING not in answer.text


def test_what_needs_no_database_is_served_without_one(ailing: LiveServer) -> None:
    with httpx2.Client(base_url=ailing.url, timeout=30) as client:
        assert client.get("/").status_code == 200
        assert client.get("/.well-known/oauth-protected-resource/mcp").json()["resource"] == ailing.mcp_url


def test_pages_without_a_database_ask_to_try_again_and_tell_nothing_of_it(ailing: LiveServer) -> None:
    for path in ("/admin/", "/accounts/login/", "/oauth/authorize?client_id=a"):
        response = httpx2.get(
            f"{ailing.url}{path}", headers={"Cookie": f"sessionid={'x' * 32}"}, timeout=30, follow_redirects=False
        )
        assert response.status_code == 503, response.text
        assert int(response.headers["Retry-After"]) > 0
        assert "try again in a few seconds" in response.text
        assert MISSING not in response.text
        assert "Traceback" not in response.text


def test_the_log_keeps_the_database_password_to_itself(ailing: LiveServer) -> None:
    httpx2.get(f"{ailing.url}/health", timeout=30)

    assert ":password@" not in ailing.log
    assert json.dumps("password") not in ailing.log

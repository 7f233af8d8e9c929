"""Fixtures: the store in which requests are counted."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.models import Allowance
from accounts.rate_limits.counting import outage
from tests.support.leases import Clock
from tests.support.servers.redis_server import RedisServer


@pytest.fixture(params=["database", "redis"])
def store(request: pytest.FixtureRequest, db: None, settings: Settings) -> Iterator[str]:
    if request.param == "database":
        settings.REDIS_URL = ""
        yield "database"
        return
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        yield "redis"
        assert not Allowance.objects.exists()


@pytest.fixture(autouse=True)
def redis_is_up() -> None:
    outage.end()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("accounts.rate_limits.leases.time", made)
    return made

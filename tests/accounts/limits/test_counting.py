"""Counting: exactly so many, wherever it is counted, and on without Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.db import connections
from pytest_django import Settings

from accounts import limits
from accounts.limits import Quota, Spent
from accounts.limits.counting import outage
from accounts.limits.rates import rate_of
from accounts.models import Allowance
from tests.redis_server import RedisServer


def quota(written: str, key: str = "ada") -> Quota:
    rate = rate_of(written)
    assert rate is not None
    return Quota("calls_person", key, rate)


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
    outage.is_over()


def test_so_many_are_granted_and_no_more(store: str) -> None:
    three = quota("3/hour")
    assert [limits.spend(three)[0].remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(Spent) as refused:
        limits.spend(three)
    assert 1 <= refused.value.retry_after <= 3600
    # Somebody else's is another.
    assert limits.spend(quota("3/hour", "bob"))


def test_the_one_that_is_spent_is_told(store: str) -> None:
    wide, narrow = quota("9/hour", "everybody"), quota("1/minute")
    limits.spend(narrow, wide)
    with pytest.raises(Spent) as refused:
        limits.spend(narrow, wide)
    assert refused.value.standing.quota == narrow
    assert limits.refusal_headers(refused.value)["RateLimit-Policy"] == '"calls_person";q=1;w=60'
    assert int(limits.refusal_headers(refused.value)["Retry-After"]) <= 60


def test_what_was_spent_needlessly_is_given_back(store: str) -> None:
    one = quota("1/hour")
    limits.spend(one)
    limits.give_back(one)
    limits.spend(one)
    with pytest.raises(Spent):
        limits.spend(one)


def test_several_at_once_count_each(store: str) -> None:
    limits.spend(quota("5/hour"), count=4)
    limits.spend(quota("5/hour"))
    with pytest.raises(Spent):
        limits.spend(quota("5/hour"))


def test_who_runs_wild_does_not_use_up_what_many_share(store: str) -> None:
    shared = quota("3/hour", "everybody")
    limits.spend(quota("1/hour", "ada"), shared)
    for _ in range(5):
        with pytest.raises(Spent):
            limits.spend(quota("1/hour", "ada"), shared)
    limits.spend(quota("1/hour", "bob"), shared)
    limits.spend(quota("1/hour", "cleo"), shared)
    with pytest.raises(Spent):
        limits.spend(quota("1/hour", "dan"), shared)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["database", "redis"])
def test_of_a_hundred_at_once_exactly_so_many_are_granted(settings: Settings, where: str) -> None:
    def spend(_: int) -> bool:
        try:
            return bool(limits.spend(quota("10/hour")))
        except Spent:
            return False
        finally:
            connections.close_all()

    with RedisServer() as redis, ThreadPoolExecutor(20) as threads:
        settings.REDIS_URL = redis.url if where == "redis" else ""
        assert sum(threads.map(spend, range(100))) == 10


@pytest.mark.django_db
def test_the_database_goes_on_counting_where_redis_does_not(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        limits.spend(quota("2/hour"))
        redis.stop()
        limits.spend(quota("2/hour"))
        limits.spend(quota("2/hour"))
        with pytest.raises(Spent):
            limits.spend(quota("2/hour"))
        assert caplog.text.count("the database takes its place") == 1
        redis.start()
        outage.ends_at = 0.0
        limits.spend(quota("2/hour"))
        assert "Redis answers again" in caplog.text


@pytest.mark.django_db
def test_the_cache_goes_on_without_redis_too(settings: Settings) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        database = settings.CACHES["default"]
        on_redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis.url}
        settings.CACHES = {
            "default": {"BACKEND": "config.cache.RedisOrDatabase"},
            "redis": on_redis,
            "database": database,
        }
        assert caches["default"].add("a", 1)
        assert caches["default"].get("a") == 1
        redis.stop()
        assert caches["default"].get("a") is None
        caches["default"].set("a", 2)
        assert caches["default"].get("a") == 2


@pytest.mark.parametrize("written", ["many", "0/minute", "5/fortnight", "-1/minute", "5"])
def test_what_is_no_rate_is_found(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rate_of(written)


def test_nothing_is_counted_where_there_is_no_limit() -> None:
    assert rate_of("0") is None
    assert limits.spend() == []
    assert limits.headers([]) == {}

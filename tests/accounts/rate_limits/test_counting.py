"""Counting of requests: exact in the database and in Redis, and continued when Redis fails."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.db import connections
from pytest_django import Settings

from accounts import rate_limits
from accounts.rate_limits import Quota, RateLimitExceeded, counting
from accounts.rate_limits.counting import outage
from accounts.rate_limits.rates import rate_of
from tests.support.servers.redis_server import RedisServer


def quota(written: str, key: str = "ada") -> Quota:
    rate = rate_of(written)
    assert rate is not None
    return Quota("calls_person", key, rate)


def test_so_many_are_granted_and_no_more(store: str) -> None:
    three = quota("3/hour")
    assert [rate_limits.hit(three)[0].remaining for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateLimitExceeded) as refused:
        rate_limits.hit(three)
    assert 1 <= refused.value.retry_after <= 3600
    # The limit of another person is separate.
    assert rate_limits.hit(quota("3/hour", "bob"))


def test_the_exceeded_limit_is_named(store: str) -> None:
    wide, narrow = quota("9/hour", "everybody"), quota("1/minute")
    rate_limits.hit(narrow, wide)
    with pytest.raises(RateLimitExceeded) as refused:
        rate_limits.hit(narrow, wide)
    assert refused.value.status.quota == narrow
    assert rate_limits.refusal_headers(refused.value)["RateLimit-Policy"] == '"calls_person";q=1;w=60'
    assert int(rate_limits.refusal_headers(refused.value)["Retry-After"]) <= 60


def test_what_was_spent_needlessly_is_given_back(store: str) -> None:
    one = quota("1/hour")
    rate_limits.hit(one)
    rate_limits.refund(one)
    rate_limits.hit(one)
    with pytest.raises(RateLimitExceeded):
        rate_limits.hit(one)


def test_several_at_once_count_each(store: str) -> None:
    rate_limits.hit(quota("5/hour"), count=4)
    rate_limits.hit(quota("5/hour"))
    with pytest.raises(RateLimitExceeded):
        rate_limits.hit(quota("5/hour"))


def test_who_runs_wild_does_not_use_up_what_many_share(store: str) -> None:
    shared = quota("3/hour", "everybody")
    rate_limits.hit(quota("1/hour", "ada"), shared)
    for _ in range(5):
        with pytest.raises(RateLimitExceeded):
            rate_limits.hit(quota("1/hour", "ada"), shared)
    rate_limits.hit(quota("1/hour", "bob"), shared)
    rate_limits.hit(quota("1/hour", "cleo"), shared)
    with pytest.raises(RateLimitExceeded):
        rate_limits.hit(quota("1/hour", "dan"), shared)


def test_request_that_a_later_limit_refuses_takes_nothing_of_the_first(store: str) -> None:
    first, later = quota("5/hour"), quota("1/hour", "everybody")
    rate_limits.hit(first, later)
    for _ in range(9):
        with pytest.raises(RateLimitExceeded):
            rate_limits.hit(first, later)
    assert counting.take([first, later], [4, 1])[-1].granted is False
    assert [rate_limits.hit(first)[0].remaining for _ in range(4)] == [3, 2, 1, 0]


def test_different_numbers_of_several_are_taken_at_once(store: str) -> None:
    first, later = quota("5/hour"), quota("9/hour", "everybody")
    assert [status.granted for status in counting.take([first, later], [2, 7])] == [True, True]
    assert [rate_limits.hit(first)[0].remaining, rate_limits.hit(later)[0].remaining] == [2, 1]


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["database", "redis"])
def test_of_a_hundred_at_once_exactly_so_many_are_granted(settings: Settings, where: str) -> None:
    def hit(_: int) -> bool:
        try:
            return bool(rate_limits.hit(quota("10/hour")))
        except RateLimitExceeded:
            return False
        finally:
            connections.close_all()

    with RedisServer() as redis, ThreadPoolExecutor(20) as threads:
        settings.REDIS_URL = redis.url if where == "redis" else ""
        assert sum(threads.map(hit, range(100))) == 10


@pytest.mark.django_db
def test_the_database_goes_on_counting_where_redis_does_not(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        rate_limits.hit(quota("2/hour"))
        redis.stop()
        rate_limits.hit(quota("2/hour"))
        rate_limits.hit(quota("2/hour"))
        with pytest.raises(RateLimitExceeded):
            rate_limits.hit(quota("2/hour"))
        assert caplog.text.count("the database takes its place") == 1
        redis.start()
        outage.ends_at = 0.0
        rate_limits.hit(quota("2/hour"))
        assert "Redis responds again" in caplog.text


@pytest.mark.django_db
def test_the_cache_goes_on_without_redis_too(settings: Settings) -> None:
    with RedisServer() as redis:
        settings.REDIS_URL = redis.url
        database = settings.CACHES["default"]
        on_redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis.url}
        settings.CACHES = {
            "default": {"BACKEND": "config.stores.cache.RedisOrDatabase"},
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
def test_a_text_that_is_not_a_rate_is_found(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rate_of(written)


def test_nothing_is_counted_where_there_is_no_limit() -> None:
    assert rate_of("0") is None
    assert rate_limits.hit() == []
    assert rate_limits.headers([]) == {}

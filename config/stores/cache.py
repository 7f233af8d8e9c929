"""A cache on Redis that goes on without it."""

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis import RedisError

from accounts.rate_limits.counting import outage


class RedisOrDatabase(BaseCache):
    """The cache `redis`, and while that does not answer, the cache `database`: nobody gets a 500 for it."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, *args: Any, **options: Any) -> bool:
        return self._ask("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._ask("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> None:
        self._ask("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> bool:
        return self._ask("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> bool:
        return self._ask("delete", *args, **options)

    def incr(self, *args: Any, **options: Any) -> int:
        return self._ask("incr", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> bool:
        return self._ask("has_key", *args, **options)

    def clear(self) -> None:
        self._ask("clear")

    def _ask(self, method: str, *args: Any, **options: Any) -> Any:
        if not outage.is_active():
            try:
                answer = getattr(caches["redis"], method)(*args, **options)
            except RedisError as error:
                outage.start(error)
            else:
                outage.end()
                return answer
        return getattr(caches["database"], method)(*args, **options)

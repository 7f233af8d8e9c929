"""A cache on Redis that falls back to the database."""

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from redis import RedisError

from accounts.rate_limits.counting import outage


class RedisOrDatabase(BaseCache):
    """The cache `redis`, or the cache `database` while Redis does not respond."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, *args: Any, **options: Any) -> bool:
        return self._call("add", *args, **options)

    def get(self, *args: Any, **options: Any) -> Any:
        return self._call("get", *args, **options)

    def set(self, *args: Any, **options: Any) -> None:
        self._call("set", *args, **options)

    def touch(self, *args: Any, **options: Any) -> bool:
        return self._call("touch", *args, **options)

    def delete(self, *args: Any, **options: Any) -> bool:
        return self._call("delete", *args, **options)

    def incr(self, *args: Any, **options: Any) -> int:
        return self._call("incr", *args, **options)

    def has_key(self, *args: Any, **options: Any) -> bool:
        return self._call("has_key", *args, **options)

    def clear(self) -> None:
        self._call("clear")

    def _call(self, method: str, *args: Any, **options: Any) -> Any:
        if not outage.is_active():
            try:
                result = getattr(caches["redis"], method)(*args, **options)
            except RedisError as error:
                outage.start(error)
            else:
                outage.end()
                return result
        return getattr(caches["database"], method)(*args, **options)

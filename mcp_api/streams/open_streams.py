"""The streams that this process holds open: how many there may be, and when each must end.

A thread asks the database once a second, for all of them at once, whose token lives no more, so that
no stream holds a connection; and it ends them all when the process is told to stop.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import HttpRequest

from accounts.db import connection_pool
from accounts.db.errors import UNAVAILABLE
from accounts.resource_server import bearer
from accounts.resource_server.bearer import Principal
from mcp_api.conf import conf
from mcp_api.streams.weak_methods import weakly

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0

# Whether the process is to go on; config/gunicorn.py puts the worker's own word here.
is_serving: Callable[[], bool] = lambda: True  # noqa: E731 - replaced as a whole

# Told how many are open that may stay so, and how many others, whenever that changes (mcp_api/metrics.py).
observers: list[Callable[[int, int], None]] = []

_lock = threading.Lock()
_open: "set[OpenStream]" = set()
_watch: threading.Thread | None = None


class OpenStream:
    """One of them. `end` makes it end soon, whatever it does; `counts` where it may stay open for as long as it likes.

    An event loop holds many at no cost; of the threads that answer, streams may take but half.
    """

    def __init__(self, request: HttpRequest, principal: Principal, end: Callable[[], None], *, counts: bool) -> None:
        self.principal, self.end, self.counts = principal, weakly(end), counts
        self.most = conf.ASYNC_STREAMS if isinstance(request, ASGIRequest) else conf.STREAMS

    def begin(self) -> bool:
        """Whether there is room for it; then it is watched until `finish`."""
        with _lock:
            if self.counts and not self._has_room():
                return False
            _open.add(self)
            _start_watch()
            _tell()
        return True

    def finish(self) -> None:
        with _lock:
            _open.discard(self)
            _tell()

    def _has_room(self) -> bool:
        counted = [stream for stream in _open if stream.counts]
        own = [stream for stream in counted if stream.principal.user.pk == self.principal.user.pk]
        return len(counted) < self.most and len(own) < most_of_one(self.most)


def most_of_one(most: int) -> int:
    """How many of `most` streams one person may have: half where there are few, and an eighth where there are many, as
    each listener takes time whenever something changes.
    """
    return max(1, min(most // 2, 16), most // 8)


def _tell() -> None:
    if observers:
        listening = sum(stream.counts for stream in _open)
        for observe in observers:
            try:
                observe(listening, len(_open) - listening)
            except Exception as error:
                logger.warning("open streams could not be counted: %r", error)


def _start_watch() -> None:
    global _watch  # noqa: PLW0603 - one thread for the process
    if _watch is None:
        _watch = threading.Thread(target=_watch_streams, name="stream watch", daemon=True)
        _watch.start()


def _watch_streams() -> None:
    global _watch  # noqa: PLW0603 - as above
    while True:
        time.sleep(INTERVAL_SECONDS)
        with _lock:
            streams = list(_open)
            if not streams:
                _watch = None
                close_old_connections()
                return
        try:
            close_old_connections()
            end_dead(streams)
        except UNAVAILABLE:
            logger.warning("whose token lives cannot be read: the database is away")
        except Exception:
            # Without this thread no stream would ever end.
            logger.exception("open streams could not be looked after")
        finally:
            connection_pool.release_connection()


def end_dead(streams: "list[OpenStream]") -> None:
    """End those of `streams` whose token is dead; all of them where the process is to stop."""
    live = bearer.live_tokens({stream.principal.token_id for stream in streams}) if is_serving() else set()
    for stream in streams:
        if stream.principal.token_id not in live:
            stream.end()

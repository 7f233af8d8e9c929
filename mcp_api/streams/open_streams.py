"""Open streams of this process: their largest number, and their end.

Once a second a thread queries the database for the tokens of all of them, and ends the streams of invalid tokens. So no
stream needs a connection. When the process is to stop, the thread ends listeners, and lets calls end first.
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
from mcp_api.streams.weak_callbacks import weak_callback

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0

# Returns whether the process is to go on; config/gunicorn.py sets it to the state of its worker.
is_serving: Callable[[], bool] = lambda: True  # noqa: E731 - replaced as a whole

# Time between the stop of the process and its end; config/server/worker.py sets it to that of its worker.
graceful_seconds = 30.0
# A call that is not over by then is answered so long before the process ends.
NOTICE_SECONDS = 6.0

# Called with the number of listening and of other streams, whenever it changes (mcp_api/metrics.py).
observers: list[Callable[[int, int], None]] = []

_lock = threading.Lock()
_open: "set[OpenStream]" = set()
_watch: threading.Thread | None = None
_stopping_since: float | None = None


class OpenStream:
    """A place for one stream. `end` makes the stream end soon; one that may stay open without limit `counts`.

    `stop` is called instead when the process is to stop: at once for a stream that counts, and for the stream of a call
    if the call is not over shortly before the process ends. An event loop can hold many. Under WSGI, streams may take
    half of the threads.
    """

    def __init__(
        self,
        request: HttpRequest,
        principal: Principal,
        end: Callable[[], None],
        *,
        counts: bool,
        stop: Callable[[], None] | None = None,
    ) -> None:
        self.principal, self.end, self.counts = principal, weak_callback(end), counts
        self.stop = weak_callback(stop or end)
        self.most = conf.ASYNC_STREAMS if isinstance(request, ASGIRequest) else conf.STREAMS

    def begin(self) -> bool:
        """Return whether there is room for it. If so, it is watched until `finish`."""
        with _lock:
            if self.counts and not self._has_room():
                return False
            _open.add(self)
            _start_watch()
            _notify_observers()
        return True

    def finish(self) -> None:
        with _lock:
            _open.discard(self)
            _notify_observers()

    def _has_room(self) -> bool:
        counted = [stream for stream in _open if stream.counts]
        own = [stream for stream in counted if stream.principal.user.pk == self.principal.user.pk]
        return len(counted) < self.most and len(own) < most_of_one(self.most)


def most_of_one(most: int) -> int:
    """Return how many of `most` streams one person may have: half of few, an eighth of many.

    Each listener takes time whenever something changes.
    """
    return max(1, min(most // 2, 16), most // 8)


def _notify_observers() -> None:
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
            logger.warning("the tokens of open streams cannot be read: the database is unavailable")
        except Exception:
            # The thread must go on: without it no stream of an invalid token would end.
            logger.exception("open streams could not be checked")
        finally:
            connection_pool.release_connection()


def end_dead(streams: "list[OpenStream]") -> None:
    """End those of `streams` whose token is not valid any more, and those that must not outlast the process."""
    live = bearer.live_tokens({stream.principal.token_id for stream in streams})
    for stream in streams:
        if stream.principal.token_id not in live:
            stream.end()
    if not is_serving():
        stop(streams)


def stop(streams: "list[OpenStream]") -> None:
    """Stop those of `streams` that are listeners, and near the end of the process those of calls."""
    global _stopping_since  # noqa: PLW0603 - as above
    now = time.monotonic()
    _stopping_since = _stopping_since or now
    is_late = now - _stopping_since > graceful_seconds - NOTICE_SECONDS
    for stream in streams:
        if stream.counts or is_late:
            stream.stop()

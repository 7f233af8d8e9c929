"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.wsgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import os
from typing import Any

# As gunicorn does by itself: a platform that names a PORT expects it on every interface.
bind = f"0.0.0.0:{os.environ['PORT']}" if "PORT" in os.environ else "127.0.0.1:9000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "16"))
timeout = 60
graceful_timeout = 30
keepalive = 30
# The most that gunicorn takes. An authorization request with a long state has to pass twice: as it
# is, and once more inside the address of the sign-in page.
limit_request_line = 8190
# A worker is replaced now and then, at different times, so that a slow leak never piles up.
max_requests = 100_000
max_requests_jitter = 10_000
accesslog = None
# Servers of one home directory would share its control socket, and the first to stop takes it away.
control_socket_disable = True
# Whether a proxy's word counts is decided in one place: TRUSTED_PROXY, in config/settings.py.
forwarded_allow_ips = ""


def post_worker_init(worker: Any) -> None:
    """Let open streams end when the worker is told to stop, instead of holding it up."""
    from mcp_api.streams import open_streams

    open_streams.is_serving = lambda: worker.alive

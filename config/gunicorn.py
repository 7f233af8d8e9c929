"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.wsgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import gc
import os
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger


class Environment(environ.Env):
    """Of the environment and `.env`, as config/settings.py. In a copy: after a reload, workers read `.env` anew."""

    ENVIRON = dict(os.environ)


env = Environment()
env.read_env(env.str("ENV_FILE", default=Path(__file__).resolve().parent.parent / ".env"))

# As gunicorn does by itself: a platform that names a PORT expects it on every interface.
bind = f"0.0.0.0:{env.str('PORT')}" if env.str("PORT", default="") else "127.0.0.1:9000"
workers = env.int("WEB_CONCURRENCY", default=2)
worker_class = "gthread"
threads = env.int("THREADS", default=16)
timeout = 60
graceful_timeout = 30
keepalive = 30
# The most that gunicorn takes. An authorization request with a long state has to pass twice: as it
# is, and once more inside the address of the sign-in page.
limit_request_line = 8190
# A worker is replaced now and then, at different times, so that a slow leak never piles up.
max_requests = 100_000
max_requests_jitter = 10_000
# Each worker shows by a file that it lives: in memory, as a disk that is slow for a minute would have it killed.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a random name, opened safely
accesslog = None
# Servers of one home directory would share its control socket, and the first to stop takes it away.
control_socket_disable = True
# Whether a proxy's word counts is decided in one place: TRUSTED_PROXY, in config/settings.py.
forwarded_allow_ips = ""


class QuietLogger(Logger):
    """Logs requests only where --access-logfile asks for it: an address may hold a code, or the key of a link in a
    mail. gunicorn takes any configuration of its log for such a wish."""

    @property
    def access_log_enabled(self) -> bool:
        return bool(self.cfg.accesslog)


logger_class = QuietLogger

# gunicorn's own lines, in the form of the others.
log_format = env.str("LOG_FORMAT", default="line" if env.bool("DEBUG", default=False) else "json")
if log_format == "json":
    logconfig_dict = {
        "formatters": {"generic": {"()": "config.logs.Json"}},
        "root": {},
        "loggers": {
            "gunicorn.error": {"handlers": ["error_console"], "propagate": False},
            "gunicorn.access": {"handlers": ["console"], "propagate": False},
        },
    }

metrics_port = env.int("METRICS_PORT", default=0)
metrics_host = env.str("METRICS_HOST", default="127.0.0.1")


# --- What gunicorn calls ------------------------------------------------------------------------


def on_starting(server: Any) -> None:
    # For the workers: --threads, on the command line, counts more than what is above.
    os.environ["THREADS"] = str(server.cfg.threads)
    if metrics_port:
        from config import metrics_server

        metrics_server.prepare()


def when_ready(server: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.begin(metrics_host, metrics_port, log_format)


def pre_fork(server: Any, worker: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.give_place(worker, server.WORKERS.values())


def post_fork(server: Any, worker: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.write_as(worker)


def child_exit(server: Any, worker: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.ended(worker)


def on_exit(server: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.tidy()


def post_worker_init(worker: Any) -> None:
    """Let open streams end when the worker is told to stop, instead of holding it up; and be ready to serve."""
    from mcp_api.streams import open_streams

    open_streams.is_serving = lambda: worker.alive
    if hasattr(worker, "loop"):
        share_connections(worker)
    # What is loaded by now stays: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # What comes later goes by itself, but for the little that refers to itself; beside many streams a search is long.
    gc.set_threshold(20_000, 20, 20)


def share_connections(worker: Any) -> None:
    """Let an event loop take one connection at a time.

    asyncio takes as many as wait, up to the length of the queue that it sets: one worker would serve all that came at
    once, for as long as they are kept, and leave the others nothing to do.
    """
    loop = worker.loop
    create_server = loop.create_server

    async def create(factory: Any, *, sock: Any, **options: Any) -> Any:
        server = await create_server(factory, sock=sock, **options, backlog=1)
        # The kernel's own queue is as long as ever.
        sock.listen(worker.cfg.backlog)
        return server

    loop.create_server = create

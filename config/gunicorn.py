"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.asgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import gc
import os
import re
import socket
import sys
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger
from gunicorn.workers import SUPPORTED_WORKERS


class Environment(environ.Env):
    """Of the environment and `.env`, as config/settings.py. In a copy: after a reload, workers read `.env` anew."""

    ENVIRON = dict(os.environ)


env = Environment()
env.read_env(env.str("ENV_FILE", default=Path(__file__).resolve().parent.parent / ".env"))

DEBUG = env.bool("DEBUG", default=False)

# As gunicorn does by itself: a platform that names a PORT expects it on every interface. DEBUG is for this machine.
every_interface = "127.0.0.1" if DEBUG else "0.0.0.0"  # noqa: S104 - as said
bind = f"{every_interface}:{env.str('PORT')}" if env.str("PORT", default="") else "127.0.0.1:9000"
workers = env.int("WEB_CONCURRENCY", default=2)
# Ours have deadlines for requests that do not arrive, also where the command line names a kind of worker.
SUPPORTED_WORKERS.update(asgi="config.loop_worker.Worker", gthread="config.thread_worker.Worker")
# An event loop, unless the application that is named on the command line is a WSGI one.
wsgi_app = "config.asgi"
IS_WSGI = re.compile(r"([\w.]+\.)?wsgi(:\w+)?")
worker_class = "gthread" if any(map(IS_WSGI.fullmatch, sys.argv[1:])) else "asgi"
threads = env.int("THREADS", default=16)
# Of each process. Beyond it, those that are idle, or whose request is incomplete, for longest make room.
worker_connections = 5000
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
log_format = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
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
    for listener in server.LISTENERS:
        refuse_others_in_debug(server, listener.sock)
        end_connections_that_take_nothing(listener.sock)
    if metrics_port:
        from config import metrics_server

        metrics_server.begin(metrics_host, metrics_port, log_format)


def refuse_others_in_debug(server: Any, listener: socket.socket) -> None:
    """Raise SystemExit where DEBUG is on and others than this machine reach the server."""
    from config.loopback import is_loopback

    if not DEBUG or listener.family == socket.AF_UNIX or is_loopback(listener.getsockname()[0]):
        return
    server.log.error(
        "DEBUG is on, and %s is not an address of this machine alone. Bind to 127.0.0.1; or, to let others reach the "
        "server, set DEBUG=false and PUBLIC_URL=https://the.name.that.they.use.",
        listener.getsockname()[0],
    )
    raise SystemExit(1)


def end_connections_that_take_nothing(listener: socket.socket) -> None:
    """Let the kernel end a connection whose client has taken nothing of an answer for a minute (RFC 5482)."""
    if listener.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)


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
    """Let an event loop take one connection at a time, and give it deadlines (config/loop_worker.py).

    asyncio takes as many as wait, up to the length of the queue that it sets: one worker would serve all that came at
    once, for as long as they are kept, and leave the others nothing to do.
    """
    from config.loop_worker import Protocol

    loop = worker.loop
    create_server = loop.create_server

    async def create(factory: Any, *, sock: Any, **options: Any) -> Any:
        server = await create_server(lambda: Protocol(worker), sock=sock, **options, backlog=1)
        # The kernel's own queue is as long as ever.
        sock.listen(worker.cfg.backlog)
        return server

    loop.create_server = create

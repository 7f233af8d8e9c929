"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.asgi`. It reads PORT, WEB_CONCURRENCY, THREADS, …"""

import os
import re
import socket
import sys
import time
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers import SUPPORTED_WORKERS

PROJECT = Path(__file__).resolve().parent.parent


def forget_modules(*packages: str) -> None:
    """Forget the modules of `packages` that this process has imported, so that they are imported from the disk again.

    The master outlives upgrades (HUP), and each worker is a copy of it: without this, a new version would run with the
    modules of the version before that the master has imported.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


# Version 0.1.0 kept the folder of its metrics there; a reload from that version continues with it.
former_metrics_folder = getattr(sys.modules.get("config.metrics_server"), "_folder", "")
# gunicorn runs this file at its start, and again at each reload.
forget_modules("config")

from config.environment import Environment  # noqa: E402 - of this version
from config.server.bound_addresses import bound_addresses  # noqa: E402 - as above


class Copied(Environment):
    """The environment and `.env`, in a copy, so that workers read `.env` anew after a reload.

    A variable that cannot be read has its default here; the workers refuse to start, and report it (accounts.E024).
    """

    ENVIRON = dict(os.environ)


env = Copied()
env.read_env(env.str("ENV_FILE", default=PROJECT / ".env"))

DEBUG = env.bool("DEBUG", default=False)


# By default only this machine, where the proxy is; containers and platforms set BIND=0.0.0.0.
bind = env.str("BIND", default="127.0.0.1")
if not bind.startswith("unix:"):
    bind = f"{bind}:{env.int('PORT', default=9000)}"
# The former workers still hold the former address: the server keeps it until it is started anew. If the new address
# differed only by its host, gunicorn would find it in use and give up.
wanted = bind
if "gunicorn.workers.base" in sys.modules:
    # A reload. Versions before 0.2.0 set no GUNICORN_BOUND_TO.
    former = os.environ.get("GUNICORN_BOUND_TO") or " ".join(bound_addresses())
    bind = wanted if wanted in former.split() else former.split() or wanted
os.environ["GUNICORN_BOUND_TO"] = bind if isinstance(bind, str) else " ".join(bind)
workers = env.int("WEB_CONCURRENCY", default=2)
# These have deadlines for requests that do not arrive, also if the command line names a kind of worker.
SUPPORTED_WORKERS.update(asgi="config.server.loop_worker.Worker", gthread="config.server.thread_worker.Worker")
# An event loop, unless the command line names a WSGI application.
wsgi_app = "config.asgi"
IS_WSGI = re.compile(r"[\w.]*wsgi(:\w+)?")
worker_class = "gthread" if any(map(IS_WSGI.fullmatch, sys.argv[1:])) else "asgi"
threads = env.int("THREADS", default=24)
# Of each process. Beyond it, the connections that have been idle or incomplete for longest are closed.
worker_connections = 5000
timeout = 60
graceful_timeout = 30
keepalive = 30
# gunicorn's maximum: an authorization request with a long state is sent twice, the second time in the address of the
# sign-in page.
limit_request_line = 8190
# Not gunicorn_h1c, even if it is installed: it closes connections with pipelined requests, and accepts some malformed
# bodies.
http_parser = "python"
# Workers are replaced from time to time, so that a slow leak does not accumulate.
max_requests = 100_000
max_requests_jitter = 10_000
# Each worker updates a file to show that it is alive: in memory, as gunicorn would kill it when a disk is slow.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a random name, opened safely
accesslog = None
# Servers with the same home directory would share the control socket, and the first to stop would remove it.
control_socket_disable = True
# TRUSTED_PROXY decides which forwarded headers are trusted (config/http/trusted_proxies.py).
forwarded_allow_ips = ""


class QuietLogger(Logger):
    """gunicorn's logger, which logs requests only with --access-logfile.

    An address may contain a code, or the key of a link in a mail. gunicorn would log requests with any logconfig_dict.
    """

    @property
    def access_log_enabled(self) -> bool:
        return bool(self.cfg.accesslog)

    def setup(self, cfg: Any) -> None:
        """Limit the lines about malformed requests, too, which any peer can cause."""
        from config.observability.logs import RefusalsInOneLine

        super().setup(cfg)
        self.error_log.filters = [RefusalsInOneLine()]


logger_class = QuietLogger

# gunicorn's own lines, in the form of the others.
log_format = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
if log_format == "json":
    logconfig_dict = {
        "formatters": {"generic": {"()": "config.observability.logs.Json"}},
        "root": {},
        "loggers": {
            "gunicorn.error": {"handlers": ["error_console"], "propagate": False},
            "gunicorn.access": {"handlers": ["console"], "propagate": False},
        },
    }

# How long a reload waits for its new workers.
READY_SECONDS = 60

metrics_port = env.int("METRICS_PORT", default=0)
metrics_host = env.str("METRICS_HOST", default="127.0.0.1")


# --- Hooks --------------------------------------------------------------------------------------
# The master runs them, and its copy of this file may be older than the code that its next worker loads. Therefore they
# import nothing but the metrics server and the check of loopback; the rest belongs to the application's module.


def on_starting(server: Any) -> None:
    # For the workers: --threads on the command line takes precedence.
    os.environ["THREADS"] = str(server.cfg.threads)
    if metrics_port:
        from config.observability import metrics_server

        server.metrics_folder = metrics_server.make_folder()


def when_ready(server: Any) -> None:
    for listener in server.LISTENERS:
        refuse_others_in_debug(server, listener.sock)
        end_connections_that_take_nothing(listener.sock)
    if metrics_port:
        from config.observability import metrics_server

        metrics_server.begin(metrics_host, metrics_port, log_format, server.metrics_folder)


def on_reload(server: Any) -> None:
    if bind != wanted:
        server.log.warning("BIND or PORT changed: the server keeps its address until it is restarted.")
    keep_workers_until_others_are_ready(server)
    take_over_metrics(server)


def keep_workers_until_others_are_ready(server: Any) -> None:
    """Keep the former workers while the new ones load. gunicorn would end them once the new ones are forked."""
    manage_workers, age = server.manage_workers, server.worker_age

    def manage_workers_when_ready() -> None:
        del server.manage_workers
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and any(is_loading(each) for each in server.WORKERS.values() if each.age > age):
            time.sleep(0.1)
            # Raises HaltServer for a worker that cannot load, as at the start.
            server.reap_workers()
        manage_workers()

    server.manage_workers = manage_workers_when_ready


def is_loading(worker: Any) -> bool:
    """Return whether `worker` has not updated its file yet (`worker_tmp_dir`)."""
    return bool(worker.tmp.last_update() > time.monotonic())


def take_over_metrics(server: Any) -> None:
    """Continue with the folder of the former version, or make one if METRICS_PORT is new."""
    if not metrics_port or hasattr(server, "metrics_folder"):
        return
    server.metrics_folder = former_metrics_folder
    if not former_metrics_folder:
        on_starting(server)
        when_ready(server)


def refuse_others_in_debug(server: Any, listener: socket.socket) -> None:
    """Raise SystemExit if DEBUG is on and other machines can reach the server."""
    from config.http.loopback import is_loopback

    if not DEBUG or listener.family == socket.AF_UNIX or is_loopback(listener.getsockname()[0]):
        return
    server.log.error(
        "DEBUG is on, and other machines can reach %s. Bind to 127.0.0.1; or set DEBUG=false and "
        "PUBLIC_URL=https://the.public.name.",
        listener.getsockname()[0],
    )
    raise SystemExit(1)


def end_connections_that_take_nothing(listener: socket.socket) -> None:
    """Let the kernel end a connection whose client has acknowledged nothing for a minute (RFC 5482)."""
    if listener.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)


def pre_fork(server: Any, worker: Any) -> None:
    if metrics_port:
        from config.observability import metrics_server

        worker.metrics_place = metrics_server.free_place(server.WORKERS.values())


def post_fork(server: Any, worker: Any) -> None:
    forget_modules("config", "accounts", "mcp_api", "django", "asgiref", "environ", "prometheus_client")
    if metrics_port:
        from config.observability import metrics_server

        metrics_server.write_to(server.metrics_folder, worker.metrics_place)


def child_exit(server: Any, worker: Any) -> None:
    if metrics_port and hasattr(worker, "metrics_place"):
        from config.observability import metrics_server

        metrics_server.ended(server.metrics_folder, worker.metrics_place)


def on_exit(server: Any) -> None:
    if metrics_port:
        from config.observability import metrics_server

        metrics_server.remove(server.metrics_folder)


def post_worker_init(worker: Any) -> None:
    """Pass the worker to the application's module, such as config.asgi."""
    module = sys.modules[worker.app.app_uri.partition(":")[0]]
    begin = getattr(module, "begin_worker", None)
    if begin is not None:
        begin(worker)
    worker.log.info("Worker ready (pid: %s)", worker.pid)

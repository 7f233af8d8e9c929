"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.asgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import os
import re
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers import SUPPORTED_WORKERS

PROJECT = Path(__file__).resolve().parent.parent


def forget_modules(*packages: str) -> None:
    """Forget the modules of `packages` that this process has imported, so that they are imported from the disk again.

    The master outlives upgrades (HUP), and each worker is its copy: without this, a new version would run with those
    of its modules that the master imported from the one before.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


# Version 0.1.0 kept the folder of its figures there. Without it, whoever reloads from that version would lose them.
former_metrics_folder = getattr(sys.modules.get("config.metrics_server"), "_folder", "")
# gunicorn runs this file at its start, and again at each reload.
forget_modules("config")


from config.environment import Environment  # noqa: E402 - of this version


class Copied(Environment):
    """The environment and `.env`, in a copy, so that workers read `.env` anew after a reload.

    A variable that cannot be read has its default here; the workers refuse to start, and report it (accounts.E024).
    """

    ENVIRON = dict(os.environ)


env = Copied()
env.read_env(env.str("ENV_FILE", default=PROJECT / ".env"))

DEBUG = env.bool("DEBUG", default=False)


def listening() -> list[str]:
    """Return the addresses on which this process listens, such as `127.0.0.1:9000`."""
    addresses = []
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with suppress(OSError), socket.socket(fileno=os.dup(int(name))) as held:
            if held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                addresses.append(written(held.getsockname()))
    return addresses


def written(address: Any) -> str:
    """Return the address of a socket as gunicorn's `bind` has it."""
    if isinstance(address, str | bytes):
        return f"unix:{os.fsdecode(address)}"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# This machine alone, where the proxy is, unless told otherwise: containers and platforms set BIND=0.0.0.0.
bind = env.str("BIND", default="127.0.0.1")
if not bind.startswith("unix:"):
    bind = f"{bind}:{env.int('PORT', default=9000)}"
# The workers that are about to end still hold the address of before: until the next start the server stays there.
# gunicorn would find the new one taken, where it differs by the host alone, and give up.
wanted = bind
if "gunicorn.workers.base" in sys.modules:
    # This is a reload. Versions before 0.2.0 have not left a word of their address.
    former = os.environ.get("GUNICORN_BOUND_TO") or " ".join(listening())
    bind = wanted if wanted in former.split() else former.split() or wanted
os.environ["GUNICORN_BOUND_TO"] = bind if isinstance(bind, str) else " ".join(bind)
workers = env.int("WEB_CONCURRENCY", default=2)
# Ours have deadlines for requests that do not arrive, also where the command line names a kind of worker.
SUPPORTED_WORKERS.update(asgi="config.server.loop_worker.Worker", gthread="config.server.thread_worker.Worker")
# An event loop, unless the application that is named on the command line is a WSGI one.
wsgi_app = "config.asgi"
IS_WSGI = re.compile(r"[\w.]*wsgi(:\w+)?")
worker_class = "gthread" if any(map(IS_WSGI.fullmatch, sys.argv[1:])) else "asgi"
threads = env.int("THREADS", default=24)
# Of each process. Beyond it, those that are idle, or whose request is incomplete, for longest make room.
worker_connections = 5000
timeout = 60
graceful_timeout = 30
keepalive = 30
# The most that gunicorn takes. An authorization request with a long state has to pass twice: as it
# is, and once more inside the address of the sign-in page.
limit_request_line = 8190
# Not gunicorn_h1c where that happens to be installed: it ends connections whose requests come at once, and lets some
# malformed bodies pass.
http_parser = "python"
# A worker is replaced now and then, at different times, so that a slow leak never piles up.
max_requests = 100_000
max_requests_jitter = 10_000
# Each worker shows by a file that it lives: in memory, as a disk that is slow for a minute would have it killed.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a random name, opened safely
accesslog = None
# Servers of one home directory would share its control socket, and the first to stop takes it away.
control_socket_disable = True
# Whether a proxy's word counts is decided in one place: TRUSTED_PROXY, in config/settings/server.py.
forwarded_allow_ips = ""


class QuietLogger(Logger):
    """Logs requests only where --access-logfile asks for it: an address may hold a code, or the key of a link in a
    mail. gunicorn takes any configuration of its log for such a wish."""

    @property
    def access_log_enabled(self) -> bool:
        return bool(self.cfg.accesslog)

    def setup(self, cfg: Any) -> None:
        """Bound, too, what anybody can have written by requests that are none."""
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

# For how long a reload waits for its new workers.
READY_SECONDS = 60

metrics_port = env.int("METRICS_PORT", default=0)
metrics_host = env.str("METRICS_HOST", default="127.0.0.1")


# --- What gunicorn calls ------------------------------------------------------------------------
# In the master, which may run an older copy of this file than the code that its next worker loads. So these name no
# other module than that of the metrics server; what belongs to the application is for the application's own module.


def on_starting(server: Any) -> None:
    # For the workers: --threads, on the command line, counts more than what is above.
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
        server.log.warning("BIND or PORT changed: the server listens as before until it is started anew.")
    keep_workers_until_others_are_ready(server)
    take_over_metrics(server)


def keep_workers_until_others_are_ready(server: Any) -> None:
    """Let the former workers serve as long as the new ones load. gunicorn ends them as soon as those are forked."""
    manage_workers, age = server.manage_workers, server.worker_age

    def manage_workers_later() -> None:
        del server.manage_workers
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and any(is_loading(each) for each in server.WORKERS.values() if each.age > age):
            time.sleep(0.1)
            # Raises HaltServer where one cannot load, as at the start.
            server.reap_workers()
        manage_workers()

    server.manage_workers = manage_workers_later


def is_loading(worker: Any) -> bool:
    """Whether `worker` has not yet begun to show that it lives: its file is still as old as it was made."""
    return bool(worker.tmp.last_update() > time.monotonic())


def take_over_metrics(server: Any) -> None:
    """Take over the folder of the version before; make one where METRICS_PORT is new."""
    if not metrics_port or hasattr(server, "metrics_folder"):
        return
    server.metrics_folder = former_metrics_folder
    if not former_metrics_folder:
        on_starting(server)
        when_ready(server)


def refuse_others_in_debug(server: Any, listener: socket.socket) -> None:
    """Raise SystemExit where DEBUG is on and others than this machine reach the server."""
    from config.http.loopback import is_loopback

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
    """Tell the application's module, such as config.asgi, which worker serves it."""
    module = sys.modules[worker.app.app_uri.partition(":")[0]]
    begin = getattr(module, "begin_worker", None)
    if begin is not None:
        begin(worker)
    worker.log.info("Worker ready (pid: %s)", worker.pid)

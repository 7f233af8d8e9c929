"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.wsgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import os
import sys
from pathlib import Path
from typing import Any

import environ
from gunicorn.glogging import Logger

PROJECT = Path(__file__).resolve().parent.parent


def forget_modules() -> None:
    """Forget the modules of the project that this process has imported, so that they are imported from the disk again.

    The master outlives upgrades (HUP), and each worker is its copy: without this, a new version would run with those
    of its modules that the master imported from the one before.
    """
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if name.partition(".")[0] == "config" and Path(path).is_relative_to(PROJECT):
            del sys.modules[name]


# Version 0.1.0 kept the folder of its figures there. Without it, whoever reloads from that version would lose them.
former_metrics_folder = getattr(sys.modules.get("config.metrics_server"), "_folder", "")
# gunicorn runs this file at its start, and again at each reload.
forget_modules()


class Environment(environ.Env):
    """Of the environment and `.env`, as config/settings.py. In a copy: after a reload, workers read `.env` anew."""

    ENVIRON = dict(os.environ)


env = Environment()
env.read_env(env.str("ENV_FILE", default=PROJECT / ".env"))

# This machine alone, where the proxy is, unless told otherwise: containers and platforms set BIND=0.0.0.0.
bind = env.str("BIND", default="127.0.0.1")
if not bind.startswith("unix:"):
    bind = f"{bind}:{env.int('PORT', default=9000)}"
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
# In the master, which may run an older copy of this file than the code that its next worker loads. So these name no
# other module than config.metrics_server; what belongs to the application is for the application's own module.


def on_starting(server: Any) -> None:
    # For the workers: --threads, on the command line, counts more than what is above.
    os.environ["THREADS"] = str(server.cfg.threads)
    if metrics_port:
        from config import metrics_server

        server.metrics_folder = metrics_server.make_folder()


def when_ready(server: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.begin(metrics_host, metrics_port, log_format, server.metrics_folder)


def on_reload(server: Any) -> None:
    """Take over the folder of the version before; make one where METRICS_PORT is new."""
    if not metrics_port or getattr(server, "metrics_folder", ""):
        return
    server.metrics_folder = former_metrics_folder
    if not former_metrics_folder:
        on_starting(server)
        when_ready(server)


def pre_fork(server: Any, worker: Any) -> None:
    if metrics_port:
        from config import metrics_server

        worker.metrics_place = metrics_server.free_place(server.WORKERS.values())


def post_fork(server: Any, worker: Any) -> None:
    forget_modules()
    if metrics_port:
        from config import metrics_server

        metrics_server.write_to(server.metrics_folder, worker.metrics_place)


def child_exit(server: Any, worker: Any) -> None:
    if metrics_port and hasattr(worker, "metrics_place"):
        from config import metrics_server

        metrics_server.ended(server.metrics_folder, worker.metrics_place)


def on_exit(server: Any) -> None:
    if metrics_port:
        from config import metrics_server

        metrics_server.remove(server.metrics_folder)


def post_worker_init(worker: Any) -> None:
    """Tell the application's module, such as config.asgi, which worker serves it."""
    module = sys.modules[worker.app.app_uri.partition(":")[0]]
    begin = getattr(module, "begin_worker", None)
    if begin is not None:
        begin(worker)

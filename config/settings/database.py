"""Database, cache, and the threads that share them."""

import sys

from config.settings.environment import BASE_DIR, env
from mcp_api.conf import Settings as Defaults

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A deferred transaction that turns into a write fails at once when another process writes. An immediate one
        # waits up to `timeout` seconds.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    DATABASE_POOL = 0
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The size of a process's pool of connections. Without a pool each thread keeps its own connection, which is faster;
    # under ASGI each request has a thread of its own, which would connect anew each time.
    DATABASE_POOL = env.int("DATABASE_POOL", default=24 if "config.asgi" in sys.modules else Defaults.DATABASE_POOL)
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if DATABASE_POOL else env.int("CONN_MAX_AGE", default=600)
    # Seconds after which a database that accepts the connection and does not respond counts as down.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Milliseconds after which a connection to a host that has vanished counts as lost; the system's own limit is about
    # a quarter of an hour.
    DATABASES["default"]["OPTIONS"].setdefault("tcp_user_timeout", 10_000)
    if DATABASE_POOL:
        # A request that finds all connections in use, or the database down, waits for `timeout` seconds, and then fails
        # with 503, before a probe of /health gives up.
        _pool = {"min_size": min(2, DATABASE_POOL), "max_size": DATABASE_POOL, "timeout": 4}
        DATABASES["default"]["OPTIONS"]["pool"] = _pool
# Calls of tools, prompts, resources and completions that run in threads of each process at a time. With a pool, those
# that use the database take turns (accounts/db/connection_pool.py); without one, each thread keeps a connection.
TOOL_THREADS = env.int("TOOL_THREADS", default=80 if DATABASE_POOL else Defaults.TOOL_THREADS)
# Threads that an event loop has for requests, and as many again for calls. Without a pool each keeps a connection to
# the database.
LOOP_THREADS = 256 if DATABASE_POOL else Defaults.LOOP_THREADS
# Threads that a process has for requests. FETCH_WAITERS and CALL_WAITERS are shares of them (accounts/conf.py,
# mcp_api/conf.py).
REQUEST_THREADS = LOOP_THREADS if "config.asgi" in sys.modules else env.int("THREADS", default=Defaults.REQUEST_THREADS)
# Whether PostgreSQL keeps the plans of frequent queries. Off behind a pooler that gives each transaction another
# connection, unless it supports them (PgBouncer: max_prepared_statements).
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", default=Defaults.PREPARED_STATEMENTS)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Shared by all processes: used codes of second factors, failed sign-ins.
REDIS_URL = env.str("REDIS_URL", default=Defaults.REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "config.stores.database_cache.StrictDatabaseCache",
        "LOCATION": "oauth_mcp_cacheentry",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
if REDIS_URL:
    CACHES["redis"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    CACHES["database"] = CACHES["default"]
    CACHES["default"] = {"BACKEND": "config.stores.cache.RedisOrDatabase"}

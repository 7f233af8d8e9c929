"""gunicorn's settings: `gunicorn -c config/gunicorn.py config.wsgi`. PORT, WEB_CONCURRENCY and THREADS rule it."""

import os

# As gunicorn does by itself: a platform that names a PORT expects it on every interface.
bind = f"0.0.0.0:{os.environ['PORT']}" if "PORT" in os.environ else "127.0.0.1:9000"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("THREADS", "8"))
timeout = 60
graceful_timeout = 30
keepalive = 30
# A worker is replaced now and then, at different times, so that a slow leak never piles up.
max_requests = 100_000
max_requests_jitter = 10_000
accesslog = None
# Whether a proxy's word counts is decided in one place: TRUSTED_PROXY, in config/settings.py.
forwarded_allow_ips = ""

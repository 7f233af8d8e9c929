"""The application for an ASGI server: `gunicorn -c config/gunicorn.py -k asgi config.asgi`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()

from accounts.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded

refuse_unsafe_settings()

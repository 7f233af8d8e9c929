"""The application for gunicorn's threads: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

# gunicorn serves the first, and calls the second in each worker (config/gunicorn.py).
__all__ = ["application", "begin_worker"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

from accounts.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded
from config.mount import below_prefix  # noqa: E402 - as above
from config.observability.start import start_observability  # noqa: E402 - as above
from config.server.worker import begin_worker  # noqa: E402 - as above
from mcp_api.checks import refuse_wrong_declarations  # noqa: E402 - as above

refuse_unsafe_settings()
refuse_wrong_declarations()
start_observability()

application = below_prefix(django_application)

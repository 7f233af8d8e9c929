"""The site's own application for an ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "club.settings"
application = get_asgi_application()

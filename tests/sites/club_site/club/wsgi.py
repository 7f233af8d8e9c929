"""The site's own application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "club.settings"
application = get_wsgi_application()

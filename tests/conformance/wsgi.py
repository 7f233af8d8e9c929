"""Application for the harness, after `migrate` and `seed_demo`: `gunicorn tests.conformance.wsgi:application`."""

import os
from collections.abc import Iterable
from typing import Any

# Not only where none is named: this server is of no use with other settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.conformance.settings"

from config.wsgi import application as product
from tests.conformance.signed_in import at_start, authorization_header, needs_token, origin_of

at_start()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if "HTTP_AUTHORIZATION" not in environ and needs_token(environ["PATH_INFO"]):
        origin = origin_of(environ["wsgi.url_scheme"], environ.get("HTTP_HOST", ""))
        environ["HTTP_AUTHORIZATION"] = authorization_header(origin)
    return product(environ, start_response)

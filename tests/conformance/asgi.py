"""The same for the asgi worker: `gunicorn -k asgi tests.conformance.asgi:application`."""

import os
from typing import Any

from asgiref.sync import sync_to_async

# Not only where none is named: this server is of no use with other settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.conformance.settings"

from config.asgi import application as product
from tests.conformance.signed_in import at_start, authorization_header, needs_token, origin_of

at_start()


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and needs_token(scope["path"]):
        headers = dict(scope["headers"])
        if b"authorization" not in headers:
            origin = origin_of(scope["scheme"], headers.get(b"host", b"").decode("latin-1"))
            token = await sync_to_async(authorization_header)(origin)
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", token.encode())]}
    await product(scope, receive, send)

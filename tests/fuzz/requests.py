"""The sending of one request, with what every reply must be."""

import json
from collections import Counter
from typing import Any

from django.test import Client as Browser

from tests.bad_input.requests import send
from tests.bad_input.values import JSON

# What was answered, by status.
sent: Counter[int] = Counter()


def answer(
    browser: Browser, method: str, path: str, body: bytes | str = b"", content_type: str = "", **headers: str
) -> Any:
    """Return the response to `send`, which refuses a 5xx; a body that is called JSON must be JSON."""
    response = send(browser, method, path, body, content_type, **headers)
    sent[response.status_code] += 1
    if response.headers.get("Content-Type") == JSON and response.content:
        json.loads(response.content)
    return response

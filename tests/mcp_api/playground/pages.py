"""Forms on the page of a tool."""

import re
from html import unescape

from django.test import Client as Browser


def post(browser: Browser, name: str, **arguments: str) -> str:
    sent = {key if key == "edit" else f"argument-{key}": value for key, value in arguments.items()}
    response = browser.post(f"/tools/{name}", sent)
    assert response.status_code == 200, response.content
    return response.content.decode()


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a question's form."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}

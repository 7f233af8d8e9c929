"""Requests to admin's pages, and what they answer."""

import re
from html import unescape

from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Authorization

MODELS = ("user", "client", "consent", "authorization", "grant", "accesstoken", "refreshtoken", "event")


def url(view: str, *args: object) -> str:
    return reverse(f"admin:oauth_mcp_{view}", args=args)


def confirmed(browser: Browser, address: str, data: dict | None = None, *, what: str = ""):
    """Send `data` to `address`, and confirm the page that asks for it, if there is one.

    `what` is chosen there; without it, the first choice is.
    """
    response = browser.post(address, data or {}, follow=True)
    page = response.context or {}
    if "shown" not in page:
        return response
    ending = page.get("ending")
    choice = {"what": what or ending.choices[0].what} if ending else {}
    return browser.post(address, (data or {}) | {"shown": page["shown"], **choice}, follow=True)


def press(browser: Browser, row: Model, action: str, *, what: str = "") -> str:
    """Press the button `action` on the page of `row`, confirm it, and return the text of the page that follows."""
    name = row._meta.model_name
    response = confirmed(browser, url(f"{name}_act", row.pk, action), what=what)
    assert response.status_code == 200
    return text_of(response)


def select(browser: Browser, model: str, rows: list, action: str, *, what: str = "") -> str:
    """Run `action` on the selected `rows` of the list of `model`, confirm it, and return the text that follows."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return text_of(confirmed(browser, url(f"{model}_changelist"), data, what=what))


def text_of(response) -> str:
    return unescape(response.content.decode())


def secret_in(page: str) -> str | None:
    found = re.search(r"<code[^>]*>(\w{64})</code>", page)
    return found and found[1]


def is_live(authorization: Authorization) -> bool:
    authorization.refresh_from_db()
    return authorization.is_live


def admin_url(view: str, *args: object) -> str:
    return reverse(f"admin:{view}", args=args)

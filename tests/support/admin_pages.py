"""Requests to admin's pages, and what they answer."""

import re
from html import unescape

from django.db.models import Model
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Authorization, Client

MODELS = ("user", "client", "consent", "authorization", "grant", "accesstoken", "refreshtoken", "event")


def url(view: str, *args: object) -> str:
    return reverse(f"admin:accounts_{view}", args=args)


def press(browser: Browser, row: Model, action: str) -> str:
    """Press the button `action` on the page of `row`, and return the text of the page that follows."""
    name = row._meta.model_name
    # Buttons send what the page showed.
    seen = {"seen": Client.objects.get(pk=row.pk).fingerprint} if action == "approve" else {}
    response = browser.post(url(f"{name}_act", row.pk, action), seen, follow=True)
    assert response.status_code == 200
    return text_of(response)


def select(browser: Browser, model: str, rows: list, action: str) -> str:
    """Run `action` on the selected `rows` of the list of `model`, and return the text of the page that follows."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return text_of(browser.post(url(f"{model}_changelist"), data, follow=True))


def text_of(response) -> str:
    return unescape(response.content.decode())


def secret_in(page: str) -> str | None:
    found = re.search(r"<code>(\w{64})</code>", page)
    return found and found[1]


def is_live(authorization: Authorization) -> bool:
    authorization.refresh_from_db()
    return authorization.is_live


def admin_url(view: str, *args: object) -> str:
    return reverse(f"admin:{view}", args=args)

"""Domains that the tests block in admin, and the forms of the pages that block them."""

import re
from html import unescape
from typing import Any

from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client

HOST = "app.evil.example.com"

EVIL = f"https://{HOST}/callback"

CLAUDE = "https://claude.ai/api/mcp/auth_callback"

ADD = reverse("admin:oauth_mcp_blockeddomain_add")


def fields_of(page: Any) -> dict[str, list[str]]:
    """Return the hidden fields of the page's form, with no box ticked."""
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def add_domain(browser: Browser, domain: str, **confirmed: object) -> Any:
    """Add the domain in admin up to the confirmation page; with `confirmed`, send that page too."""
    page = browser.post(ADD, {"domain": domain}, follow=True)
    return browser.post(ADD, {**fields_of(page), **confirmed}, follow=True) if confirmed else page


def block_by_hand(browser: Browser, domain: str) -> None:
    """Add the domain in admin, and tick every box of the confirmation page."""
    page = add_domain(browser, domain)
    ticked = re.findall(r'<input type="checkbox" name="also" value="([^"]*)"', page.text)
    browser.post(ADD, {**fields_of(page), "confirm": "1", "also": [unescape(each) for each in ticked]}, follow=True)


def is_suspended(client: Client) -> bool:
    client.refresh_from_db()
    return client.suspended_at is not None

"""The words of the consent page, of connected apps, and of the page for what is too large."""

from html import unescape

import pytest
from django.test import Client as Browser

from accounts.scopes import PreviewItem
from accounts.templatetags.access import counted, effect_mark
from tests.support.flows import App, answer, ask

pytestmark = pytest.mark.django_db


def test_the_page_asks_in_the_apps_name(browser: Browser, app: App) -> None:
    page = unescape(ask(browser, app, scope="read write").text)
    for words in (
        "wants to use OAuth MCP Server on your behalf.",
        "Uncheck anything you don’t want to allow.",
        "Until you disconnect it (ends after 30 days without use)",
    ):
        assert words in page


def test_a_single_permission_cannot_be_unchecked(browser: Browser, app: App) -> None:
    assert "Uncheck" not in ask(browser, app, scope="read").text


def test_no_permission_is_no_approval(browser: Browser, app: App) -> None:
    page = answer(browser, ask(browser, app, scope="read write"), scope=[])
    assert "Select at least one permission, or cancel." in page.text


def test_what_was_unchecked_stays_so_when_the_page_is_shown_again(browser: Browser, app: App) -> None:
    page = answer(browser, ask(browser, app, scope="read write"), "", scope="read")
    assert "Please choose Approve or Cancel." in page.text
    assert 'value="read" checked>' in page.text
    assert 'value="write">' in page.text


def test_effects_have_one_set_of_words() -> None:
    marks = [effect_mark(does) for does in ("reads", "adds", "destroys")]
    assert marks == [
        '<span class="mark">Read-only</span>',
        '<span class="mark">Creates</span>',
        '<span class="mark careful">Can change or delete</span>',
    ]


def test_tools_resources_and_prompts_are_counted() -> None:
    tools = [PreviewItem("tool", str(number), "", "reads") for number in range(10)]
    assert counted(tools) == "10 tools"
    assert counted([*tools[:1], PreviewItem("prompt", "greet", "", "reads")]) == "1 tool, 1 prompt"


def test_the_page_of_apps_names_the_account(browser: Browser) -> None:
    assert "Apps with access to your OAuth MCP Server account" in browser.get("/apps").text


def test_a_form_that_is_too_large_is_said_to_be(browser: Browser) -> None:
    page = browser.post("/accounts/login/", {"login": "x" * 3_000_000})
    assert page.status_code == 413
    assert "<h1>That’s too large</h1>" in page.text

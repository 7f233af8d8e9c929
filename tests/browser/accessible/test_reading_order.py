"""The consent page as a screen reader reads it: landmarks, headings, names of controls, the decision after the text."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible.conftest import Site
from tests.browser.conftest import DESKTOP, new_tab

pytestmark = pytest.mark.any_database

LANDMARKS = {"banner", "main", "contentinfo", "navigation", "complementary"}
CONTROLS = {"button", "checkbox", "radio", "combobox", "link", "textbox"}
# A line of Playwright's snapshot of the accessibility tree: the role, and the name if there is one.
NODE = re.compile(r'^ *- \'?([a-z]+)(?: "(.*?)")?(?: \[.*\])?\'?:?(?: (.*))?$', re.MULTILINE)
# Words of the page's own language: the names of scopes, and of the app, are left from other languages.
LETTERS = {"en": re.compile("[A-Za-z]"), "ar": re.compile("[\u0600-\u06ff]")}

Node = tuple[str, str]


@pytest.fixture(params=LETTERS)
def page(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The consent page, in the language of the parameter."""
    with new_tab(browser, DESKTOP, locale=request.param) as tab:
        site.sign_in(tab)
        site.open(tab, site.consent())
        expect(tab.locator("html")).to_have_attribute("lang", request.param)
        yield tab


def read(page: Page) -> list[Node]:
    """Return the roles and names on the page in the order in which they are read."""
    return [(role, name or text) for role, name, text in NODE.findall(page.locator("body").aria_snapshot())]


def test_consent_page_is_read_in_order(page: Page) -> None:
    language = page.locator("html").get_attribute("lang") or ""
    nodes = read(page)
    roles = [role for role, _ in nodes]
    assert [role for role in roles if role in LANDMARKS] == ["banner", "main", "contentinfo"]
    assert [int(each.evaluate("h => h.tagName[1]")) for each in page.locator("h1, h2, h3").all()] == [1, 2]
    assert "Reading Assistant" in next(name for role, name in nodes if role == "heading")

    named = [(role, name) for role, name in nodes if role in (*CONTROLS, "region", "heading")]
    named = [(role, name) for role, name in named if name != "OAuth MCP Server"]
    assert [node for node in named if not LETTERS[language].search(node[1])] == []
    assert roles.count("checkbox") == 2
    assert roles.count("radio") == 3

    decisions = [("button", button.inner_text()) for button in page.locator("[name=decision]:visible").all()]
    first = nodes.index(decisions[0])
    assert nodes[first : first + 2] == decisions
    before, after = roles[:first], roles[first + 2 : roles.index("contentinfo")]
    assert {"heading", "region", "checkbox", "radio", "definition"} <= set(before)
    assert set(after) <= {"paragraph", "text", "link"}


def test_refusal_is_an_alert_before_all_else_in_the_consent_page(page: Page) -> None:
    page.locator("[name=shown]").evaluate("input => { input.value = 'another'; }")
    page.locator("[name=decision][value=approve]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    nodes = read(page)
    [role, text] = nodes[[role for role, _ in nodes].index("main") + 1]
    assert role == "alert"
    assert text

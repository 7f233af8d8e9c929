"""axe-core finds nothing on any page, and all of its text is in sight: light on a desktop, dark on a phone.

Colours do not depend on the width, nor rules on the language but by its direction and the lengths of its words: so each
page is looked at in one language, which its address decides, and each language has pages of each kind.
"""

import re
import zlib
from collections.abc import Iterable

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.languages.offered import offered
from tests.browser.accessible.conftest import Site
from tests.browser.conftest import DESKTOP, new_tab
from tests.browser.grants.conftest import NARROW
from tests.browser.grants.looks import faults
from tests.support.pages import addresses

pytestmark = pytest.mark.any_database

LANGUAGES = tuple(offered())
LOOKS = (("light", DESKTOP), ("dark", NARROW))
KEY = re.compile(r"\d+|[0-9a-f-]{36}")
# The buttons of a row.
ACT = "form[action*='/act/'] button"

Found = dict[str, list[str]]


def language_of(path: str) -> str:
    """Return the language in which a page is looked at; the key of a row does not change it."""
    return LANGUAGES[zlib.crc32(KEY.sub("", path).encode()) % len(LANGUAGES)]


def look(page: Page, name: str, found: Found) -> None:
    """Add the faults of the page that is open."""
    for scheme, viewport in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its literals
        page.set_viewport_size(viewport)
        if lines := faults(page):
            found[f"{name}, {scheme}"] = lines
    page.set_viewport_size(DESKTOP)


def look_at(page: Page, site: Site, paths: Iterable[str], language: str, found: Found) -> None:
    for path in paths:
        if language_of(path) == language:
            site.open(page, path)
            look(page, path, found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_people_are_accessible(browser: Browser, site: Site, language: str) -> None:
    found: Found = {}
    with new_tab(browser, DESKTOP, locale=language) as page:
        look_at(page, site, addresses.STRANGERS, language, found)
        site.sign_in(page, "nobody", "wrong")
        look(page, "a refused sign-in", found)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        site.sign_in(page)
        look_at(page, site, addresses.PEOPLE, language, found)
        site.open(page, site.consent())
        look(page, "consent", found)
        site.confirm_password(page)
        look_at(page, site, addresses.CONFIRMED, language, found)
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_admin_are_accessible(browser: Browser, site: Site, language: str) -> None:
    found: Found = {}
    with new_tab(browser, DESKTOP, locale=language) as page:
        site.sign_in_as_operator(page)
        paths = [path for path in addresses.of_admin(site.rows) if language_of(path) == language]
        look_at(page, site, paths, language, found)
        for path in paths:
            if path.endswith("/change/"):
                look_at_confirmations(page, site, path, found)
    assert found == {}


def look_at_confirmations(page: Page, site: Site, path: str, found: Found) -> None:
    """Press each button of a row's page that asks on a page of its own."""
    site.open(page, path)
    for number in range(page.locator(ACT).count()):
        button = page.locator(ACT).nth(number)
        name = f"{path} {button.inner_text()}"
        button.click()
        look(page, name, found)
        site.open(page, path)

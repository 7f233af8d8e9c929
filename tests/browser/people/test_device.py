"""In a real browser: a person types the code of a device and decides, by the keyboard alone, and axe-core looks on."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import FOLDER, findings
from tests.browser.conftest import DESKTOP, PHONE, Screenshot, new_tab
from tests.browser.pages import assert_fits
from tests.clients.conftest import install_node_packages
from tests.support.database import Template
from tests.support.oauth.devices import DEVICE_ALONE, DEVICE_CODE
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[LiveServer]:
    install_node_packages(FOLDER)
    with LiveServer(template) as running:
        yield running


@pytest.fixture(params=[("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    scheme, viewport = request.param
    with new_tab(browser, viewport, color_scheme=scheme) as tab:
        yield tab


@pytest.fixture
def codes(server: LiveServer) -> dict[str, str]:
    """The codes that a device has asked for, with its client_id."""
    document = {name: value for name, value in DEVICE_ALONE.items() if value is not None}
    client_id = httpx2.post(f"{server.url}/oauth/register", json=document).json()["client_id"]
    asked = {"client_id": client_id, "scope": "read write"}
    answer = httpx2.post(f"{server.url}/oauth/device_authorization", data=asked, headers={"User-Agent": "shell/1"})
    return {**answer.json(), "client_id": client_id}


def poll(server: LiveServer, codes: dict[str, str]) -> httpx2.Response:
    asked = {name: codes[name] for name in ("client_id", "device_code")}
    return httpx2.post(f"{server.url}/oauth/token", data={**asked, "grant_type": DEVICE_CODE})


def sign_in(page: Page) -> None:
    expect(page.get_by_text("Sign in to connect a device.")).to_be_visible()
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill("demo123")
    page.keyboard.press("Enter")


def is_fine(page: Page) -> bool:
    assert_fits(page)
    return findings(page) == []


def press(page: Page, button: str) -> None:
    """Move to the button by the Tab key, and press it."""
    for _ in range(40):
        if page.evaluate("document.activeElement.textContent.trim()") == button:
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{button} cannot be reached by the keyboard.")


def test_code_is_typed_and_approved_by_the_keyboard_alone(
    page: Page, server: LiveServer, codes: dict[str, str], screenshot: Screenshot
) -> None:
    page.goto(f"{server.url}/device")
    sign_in(page)
    expect(page.get_by_label("Code")).to_be_focused()
    assert is_fine(page)
    screenshot(page, "device")
    page.keyboard.type("wdjb mjht")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This code is not known here")
    expect(page.get_by_label("Code")).to_be_focused()
    assert is_fine(page)
    page.keyboard.press("Control+A")
    page.keyboard.type(codes["user_code"].lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="If you approve, access goes to another device")).to_be_visible()
    assert is_fine(page)
    screenshot(page, "device-consent")
    press(page, "Approve")
    expect(page.get_by_role("heading", name="Approved")).to_be_visible()
    assert is_fine(page)
    screenshot(page, "device-approved")
    assert poll(server, codes).json()["scope"] == "read write"


def test_link_of_the_device_is_confirmed_and_cancelled(page: Page, server: LiveServer, codes: dict[str, str]) -> None:
    page.goto(codes["verification_uri_complete"])
    sign_in(page)
    expect(page.get_by_label("Code")).to_have_value(codes["user_code"])
    assert is_fine(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    assert is_fine(page)
    assert poll(server, codes).json()["error"] == "access_denied"

"""A browser's tab in one language, and pictures of the pages that it shows."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, ViewportSize

from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.server import LiveServer

SIZES = (ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844))
SCHEMES = ("light", "dark")


class Camera:
    """A tab of somebody who reads `language` and has no cookies yet. Pictures go into `folder`."""

    def __init__(self, browser: Browser, server: LiveServer, language: str, folder: Path) -> None:
        self.server, self.language, self.folder = server, language, folder
        self._context = browser.new_context(viewport=SIZES[0], locale=language)
        self._context.set_default_timeout(15_000)
        self.page = self._context.new_page()

    def open(self, address: str) -> None:
        """Show a page; `address` is a path of the server, or a whole URL."""
        self.page.goto(address if "://" in address else f"{self.server.url}{address}")

    def sign_in(self, username: str = "demo", password: str = "demo123") -> None:
        """Sign in; the form is found by its fields' names, as its words are those of another language."""
        self.open("/accounts/login/")
        self.page.locator("[name=login]").fill(username)
        self.page.locator("[name=password]").fill(password)
        self.press("form:has([name=password]) button.primary")

    def press(self, button: str) -> None:
        """Press the first button of that selector, and wait for the page that follows."""
        self.find(button).click()
        self.page.wait_for_load_state("networkidle")

    def find(self, selector: str) -> Locator:
        return self.page.locator(selector).first

    def show(self, html: str) -> None:
        """Show a page that was rendered elsewhere, with the server's own style sheets."""
        address = f"{self.server.url}/rendered"
        self.page.route(address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        self.page.goto(address)
        self.page.unroute(address)

    def wait_for_log(self, pattern: re.Pattern[str]) -> str:
        """Return the last match in what the server prints, such as mails. Raises TimeoutError without one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := pattern.findall(self.server.log):
                return str(found[-1])
            time.sleep(0.1)
        raise TimeoutError(f"The server printed no {pattern.pattern}.")

    def take(self, name: str) -> None:
        """Take the whole page at each width, light and dark."""
        for size in SIZES:
            self.page.set_viewport_size(size)
            # Buttons that stay at the end of the window would otherwise stand in the middle of the picture.
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({**size, "height": max(height, size["height"])})
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its literals
                path = self.folder / f"{name}-{size['width']}-{scheme}.png"
                self.page.screenshot(path=path, full_page=True, animations="disabled")
        self.page.set_viewport_size(SIZES[0])

    def close(self) -> None:
        self._context.close()


# A part of the pages, each from a new tab, in the order in which they are met.
Series = Callable[[Camera], None]

"""A real browser: headless Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.pages import Callback
from tests.conftest import missing
from tests.support.oauth.http_client import App, register
from tests.support.patience import PATIENCE_SECONDS
from tests.support.servers.server import LiveServer

DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=375, height=667)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
PATIENCE_MS = PATIENCE_SECONDS * 1000
# What a page is expected to show may take as long as all else.
expect.set_options(timeout=PATIENCE_MS)
# Chromium's word in whatever it says about a breach.
POLICY = "Content Security Policy"

Screenshot = Callable[[Page, str], Path]


def chromium() -> str:
    """The path of the Chromium that is installed; skips or fails the test where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or missing("Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, shared by the tests of a module: each has a context, with cookies and storage, of its own."""
    # Not for the session: while Playwright runs, its thread has a running event loop, in which Django refuses to
    # touch the database.
    executable = chromium()
    with sync_playwright() as playwright:
        # Without its sandbox, which root and most containers cannot have: it only sees our own pages.
        # Names below .test (RFC 6761 section 6.2) lead to servers of the tests, as those of other machines would.
        arguments = ["--no-sandbox", "--host-resolver-rules=MAP *.test 127.0.0.1"]
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@contextmanager
def new_tab(browser: Browser, viewport: ViewportSize, **options: Any) -> Iterator[Page]:
    """An empty tab in a context of its own, which has these `options` of Playwright."""
    context = browser.new_context(viewport=viewport, **options)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(params=SIZES)
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    """Each test that asks for a page runs at a phone's width and at a desktop's."""
    return SIZES[request.param]


@pytest.fixture
def page(browser: Browser, viewport: ViewportSize) -> Iterator[Page]:
    """An empty tab of somebody who never was here. An error in a page's script fails the test, and so does what the
    page may not do by its Content-Security-Policy."""
    errors: list[str] = []
    with new_tab(browser, viewport) as opened:
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda said: errors.append(said.text) if POLICY in said.text else None)
        yield opened
    assert not errors


@pytest.fixture(scope="session")
def screenshots_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots: the one that SCREENSHOTS names, or one that pytest keeps for three runs."""
    named = os.environ.get("SCREENSHOTS")
    if not named:
        return tmp_path_factory.mktemp("screenshots")
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def callback() -> Iterator[Callback]:
    """The listener of a client, to which the browser returns."""
    listening = Callback()
    yield listening
    listening.close()


@pytest.fixture
def app(server: LiveServer, callback: Callback) -> App:
    """A client that registered itself, and returns to `callback`."""
    registered = register(server, redirect_uris=[callback.url], client_name="Browser Test App").json()
    return App(server, registered["client_id"], registered["client_secret"])


@pytest.fixture
def screenshot(screenshots_folder: Path, viewport: ViewportSize) -> Screenshot:
    """`screenshot(page, "consent")` keeps a picture of the whole page, named for its width too."""

    def take(page: Page, name: str) -> Path:
        path = screenshots_folder / f"{name}-{viewport['width']}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take

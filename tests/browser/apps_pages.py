"""A host of MCP Apps in the browser: a page with the AppBridge of the official package, and its files."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Page

from tests.browser.accessibility import FOLDER

HERE = Path(__file__).resolve().parent / "apps_host"
# The books of the example, for the shell of the server.
BOOKS = """
from library.models import Book
from accounts.models import User
demo = User.objects.get(username="demo")
admin = User.objects.get(username="admin")
Book.objects.all().delete()
for title, reader in (("Emma", demo), ("Dune", None), ("Kim", demo), ("Orlando", admin), ("<b>Bold</b>", None)):
    Book.objects.create(title=title, reader=reader)
"""


class Handler(SimpleHTTPRequestHandler):
    """Files of the host's page, and of the packages in tests/browser/node."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def translate_path(self, path: str) -> str:
        if path.startswith("/node_modules/"):
            self.directory = str(FOLDER)
        return super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class HostFiles:
    """A web server with the page of the host, at `origin`."""

    def __init__(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(HERE)))
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class Host:
    """The host in the tab `page`. Its methods are those of tests/browser/apps_host/host.js."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        page.goto(origin)
        page.wait_for_function("window.host")

    def do(self, method: str, *arguments: Any) -> Any:
        return self.page.evaluate(f"arguments => window.host.{method}(...arguments)", list(arguments))

    def open(self, tool: str, arguments: dict[str, Any] | None = None, *, theme: str = "light") -> FrameLocator:
        """Call the tool, and return the page of its app."""
        assert self.do("open", tool, arguments or {}, {"theme": theme}) == {"name": tool, "version": "1"}
        return self.page.frame_locator("iframe")

    def seen(self, method: str) -> list[dict[str, Any]]:
        """The parameters of each message of the app with this method."""
        seen = self.page.evaluate("() => window.host.seen")
        return [each["params"] for each in seen if each["method"] == method]

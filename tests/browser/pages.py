"""A person at the pages, and the client's listener to which the browser returns."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from playwright.sync_api import Page

from tests.support.oauth.http_client import parameters_of


class Callback:
    """A client's listener on loopback, as desktop programs open one: keeps what the browser brings."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/callback"):
                    callback.paths.append(self.path)
                body = b"<!doctype html><title>Client</title><p>You may close this tab."
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/callback"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of the only redirect."""
        [path] = self.paths
        return parameters_of(path)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def sign_in(page: Page, password: str = "demo123") -> None:
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


# The elements that reach beyond the window's right edge.
TOO_WIDE = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter(element => element.getBoundingClientRect().right > window.innerWidth)
        .map(element => element.outerHTML.slice(0, 80))
"""


def assert_fits(page: Page) -> None:
    """Assert that nothing makes the page wider than the window, once its style sheets have arrived."""
    page.wait_for_load_state()
    assert page.evaluate(TOO_WIDE) == []

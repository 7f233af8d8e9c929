"""The pictures of the manual, light and dark: `make screenshots` writes them into docs/images/.

python -m tests.screenshots [NAME ...]
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.conftest import PROJECT
from tests.support.database import ADMIN_PASSWORD, Template
from tests.support.servers.server import LiveServer

# After tests.conftest, which sets up Django.
from tests.browser.conftest import chromium  # isort: skip
from tests.support.oauth.http_client import REDIRECT_URI, App, register  # isort: skip

IMAGES = PROJECT / "docs" / "images"
MOST_BYTES = 150_000
SCHEMES = ("light", "dark")
WIDE, NARROW = ViewportSize(width=1100, height=760), ViewportSize(width=720, height=760)
# For the whole of a page whose buttons stay at the end of the window.
TALL = ViewportSize(width=720, height=1130)

# Data of a library's server after two weeks: connected apps, calls, and a refused client.
TWO_WEEKS = """
import random
from datetime import timedelta
from django.utils import timezone
from accounts.models import Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.library.models import Author, Book

random.seed(1)
now = timezone.now()
Book.objects.create(title="Dune", author=Author.objects.create(name="Frank Herbert"), isbn="1")
people = [User.objects.get(username="demo"), make_user("ada"), make_user("grace")]
apps = [make_client(name=name) for name in ("Claude Code", "Cursor", "Visual Studio Code")]
calls = []
for person in people:
    for app in apps[: 3 if person.username == "ada" else 2]:
        authorization = make_authorization(person, app, scope="read write")
        make_tokens(authorization)
        for day in range(14):
            for _ in range(random.randint(3, 14)):
                tool = random.choice(["find_books", "find_books", "lend_book", "book_list", "number_pages"])
                outcome = random.choices(["ok", "refused", "failed"], [90, 5, 3 if tool != "lend_book" else 12])[0]
                calls.append(Event(
                    kind="mcp", outcome=outcome, action=f"tools/call {tool}", at=now - timedelta(days=day, hours=1),
                    reason={"refused": "insufficient_scope", "failed": "tool_error"}.get(outcome, ""),
                    user_id=person.pk, username=person.username, client_id=app.client_id, client_name=app.name,
                    authorization_id=authorization.pk, token_id=1, address="192.0.2.10",
                    duration_ms=random.randint(2, 40) * (12 if tool == "number_pages" else 1),
                ))
Event.objects.bulk_create(sorted(calls, key=lambda event: event.at))
for name, address, minutes, steps in (
    ("Cursor", "192.0.2.10", 95, ["metadata", "registration", "sign_in", "authorization requested",
                                  "authorization approved", "token authorization_code", "mcp tools/list"]),
    ("Reading Assistant", "192.0.2.44", 12, ["metadata", "registration", "authorization"]),
):
    for number, step in enumerate(steps):
        kind, _, action = step.partition(" ")
        refused, is_adas = step == "authorization", name == "Cursor" and kind not in ("metadata", "registration")
        Event.objects.create(
            at=now - timedelta(minutes=minutes, seconds=-7 * number), kind=kind, action=action, address=address,
            outcome="refused" if refused else "ok", reason="mismatching_redirect_uri" if refused else "",
            detail="https://reading.example/done is not registered." if refused else "",
            client_id="" if kind == "metadata" else name, client_name="" if kind == "metadata" else name,
            agent="Mozilla/5.0" if kind in ("sign_in", "authorization") else name,
            username="ada" if is_adas else "", user_id=people[1].pk if is_adas else None,
        )
"""


def sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def consent(page: Page, server: LiveServer) -> None:
    app = register(server, client_name="Reading Assistant").json()
    page.goto(App(server, app["client_id"], "").authorization_url(redirect_uri=REDIRECT_URI, scope="read write"))
    sign_in(page, "demo", "demo123")
    page.get_by_role("button", name="Approve").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")


def connected_apps(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/apps")
    sign_in(page, "demo", "demo123")
    page.get_by_role("heading", name="Your apps").wait_for()


def tools(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/tools/lend_book")
    sign_in(page, "demo", "demo123")
    page.get_by_label("book").fill("1")
    page.get_by_label("until").fill("2030-01-01")
    page.get_by_role("button", name="Call").click()
    page.get_by_text("Lend Dune").wait_for()


def in_admin(path: str) -> Callable[[Page, LiveServer], None]:
    def opened(page: Page, server: LiveServer) -> None:
        page.add_init_script("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
        page.goto(f"{server.url}/admin/{path}")
        sign_in(page, "admin", ADMIN_PASSWORD)
        page.locator("#content").wait_for()

    return opened


# The order matters, because each picture adds events.
PICTURES: dict[str, tuple[ViewportSize, Callable[[Page, LiveServer], None]]] = {
    "dashboard": (WIDE, in_admin("")),
    "timeline": (WIDE, in_admin("oauth_mcp/event/attempts/")),
    "policy": (WIDE, in_admin("mcp_api/policy/?o=-5")),
    "consent": (TALL, consent),
    "connected-apps": (NARROW, connected_apps),
    "tools": (NARROW, tools),
}


def take(browser: Browser, server: LiveServer, name: str, scheme: str) -> Path:
    """Write one picture and return its path. Raises ValueError if it is too large for the manual."""
    viewport, show = PICTURES[name]
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    show(page, server)
    path = IMAGES / f"{name}-{scheme}.png"
    page.screenshot(path=path)
    context.close()
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes, of {MOST_BYTES:,} at most.")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=sys.modules[__name__].__doc__)
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], metavar="NAME", help=", ".join(PICTURES))
    names = parser.parse_args().names or list(PICTURES)
    IMAGES.mkdir(exist_ok=True)
    trial = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DEBUG": "true", "SERVER_NAME": "City Library"}
    with Template() as template, LiveServer(template, workers=1, env=trial) as server, sync_playwright() as playwright:
        server.manage("migrate", "--verbosity", "0")
        server.shell(TWO_WEEKS)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name in names:
            for scheme in SCHEMES:
                print(take(browser, server, name, scheme).relative_to(PROJECT))
        browser.close()


if __name__ == "__main__":
    main()

"""In a real browser, the AppBridge of the official package shows the apps of docs/apps.md, with this server behind."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, ViewportSize, expect

from tests.browser.accessibility import FOLDER
from tests.browser.apps_pages import BOOKS, Host, HostFiles
from tests.browser.conftest import Screenshot
from tests.browser.pages import assert_fits
from tests.clients.conftest import install_node_packages
from tests.support.database import Template
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.packaging.example_apps import write_library
from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

WIDTHS = (1280, 390)
UI = "io.modelcontextprotocol/ui"
MIME_TYPE = "text/html;profile=mcp-app"
# A tool whose values try to become code, and a page that puts them where they could.
HOSTILE = '''

@tool(read_only=True, app="library/hostile.html")
def show_hostile() -> dict[str, str]:
    """Return values that look like code."""
    return {"markup": "<img src=x onerror=alert(1)>", "address": "javascript:alert(1)", "fine": "Fine", "style": "a;}"}
'''
HOSTILE_PAGE = """{% extends "mcp_api/app.html" %}{% block content %}
<h1 data-text="markup"></h1>
<a data-attr="href:address onclick:address style:style title:fine">Here</a>
<a href="https://example.com/a">Elsewhere</a>
<iframe hidden data-attr="srcdoc:markup src:address"></iframe>
<p data-style="--colour:style color:fine"></p>
{% endblock %}"""


@pytest.fixture(scope="module")
def files() -> Iterator[HostFiles]:
    install_node_packages(FOLDER)
    serving = HostFiles()
    yield serving
    serving.close()


@pytest.fixture(scope="module")
def library(template: Template, files: HostFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("apps")
    write_library(folder)
    (folder / "library" / "templates" / "library" / "hostile.html").write_text(HOSTILE_PAGE)
    with (folder / "library" / "mcp_tools.py").open("a") as tools:
        tools.write(HOSTILE)
    env = {"APPS": "library", "PYTHONPATH": str(folder), "ALLOWED_ORIGINS": files.origin}
    with LiveServer(template, env=env) as server:
        server.manage("makemigrations", "library", "--verbosity", "0")
        server.manage("migrate", "--verbosity", "0")
        yield server


@pytest.fixture(scope="module")
def token(library: LiveServer) -> str:
    registered = register(library).json()
    app = App(library, registered["client_id"], registered["client_secret"])
    returned = Person("demo", "demo123").approve(app.authorization_url(scope="read write"))
    return str(app.redeem(parameters_of(returned)["code"]).json()["access_token"])


@pytest.fixture(params=WIDTHS)
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    return ViewportSize(width=request.param, height=800)


@pytest.fixture
def host(page: Page, files: HostFiles, library: LiveServer, token: str) -> Host:
    library.manage("shell", "--verbosity", "0", "--command", BOOKS)
    opened = Host(page, files.origin)
    assert opened.do("connect", library.mcp_url, token)[UI] == {"mimeTypes": [MIME_TYPE]}
    return opened


def background(app: FrameLocator) -> str:
    return str(app.locator("html").evaluate("html => getComputedStyle(html).backgroundColor"))


def show(host: Host, screenshot: Screenshot, name: str) -> None:
    """Keep a picture in light and in dark, between which the host changes, and see that the app follows and fits."""
    app = host.page.frame_locator("iframe")
    colours = {}
    for theme in ("light", "dark"):
        host.do("change", {"theme": theme})
        expect(app.locator(f"html[data-theme={theme}]")).to_be_visible()
        colours[theme] = background(app)
        assert app.locator("html").evaluate("html => html.scrollWidth <= innerWidth")
        assert_fits(host.page)
        screenshot(host.page, f"app-{name}-{theme}")
    assert colours["light"] != colours["dark"]


def test_table_is_searched_and_sorted(host: Host, screenshot: Screenshot) -> None:
    app = host.open("show_books", {"words": ""})
    titles = app.locator("tbody td:nth-child(2)")
    expect(titles).to_have_text(["<b>Bold</b>", "Dune", "Emma", "Kim", "Orlando"])
    expect(titles.locator("b")).to_have_count(0)
    show(host, screenshot, "table")

    app.get_by_role("button", name="Reader").click()
    expect(app.locator("th[aria-sort=ascending]")).to_have_text("Reader")
    expect(titles).to_have_text(["<b>Bold</b>", "Dune", "Orlando", "Emma", "Kim"])
    app.get_by_role("button", name="Number").click()
    app.get_by_role("button", name="Number").click()
    expect(app.locator("th[aria-sort=descending]")).to_have_text("Number")
    expect(titles).to_have_text(["<b>Bold</b>", "Orlando", "Kim", "Dune", "Emma"])
    tall = host.seen("size-changed")[-1]["height"]
    app.get_by_label("Search").press_sequentially("DEMO m")
    expect(titles).to_have_text(["Kim", "Emma"])
    expect(app.get_by_role("status")).to_have_text("2 of 5 books")
    expect(app.get_by_label("Search")).to_be_focused()
    host.page.wait_for_function("tall => window.host.seen.at(-1).params.height < tall", arg=tall)
    assert host.do("close") == {}


def test_form_calls_its_tool_and_tells_the_model(host: Host, screenshot: Screenshot) -> None:
    tools = {each["name"]: each for each in host.do("listed")}
    assert tools["decide_loan"]["_meta"]["ui"] == {"visibility": ["app"]}
    app = host.open("propose_loan", {"title": "dune"})
    expect(app.get_by_role("heading")).to_have_text("Dune")
    show(host, screenshot, "form")

    app.get_by_role("button", name="Lend").click()
    expect(app.get_by_role("status")).to_have_text("It is lent to demo.", use_inner_text=True)
    expect(app.get_by_role("button", name="Lend")).to_be_hidden()
    [told] = host.seen("update-model-context")
    assert '"state":"lent"' in told["content"][0]["text"].replace(" ", "")
    rows = host.do("call", {"name": "show_books", "arguments": {"words": "Dune"}})["structuredContent"]["books"]
    assert [each["reader"] for each in rows] == ["demo"]
    screenshot(host.page, "app-form-decided")
    assert host.do("close") == {}


def test_error_of_the_tool_stands_in_the_form(host: Host, screenshot: Screenshot) -> None:
    app = host.open("propose_loan", {"title": "Dune"})
    expect(app.get_by_role("heading")).to_have_text("Dune")
    [row] = host.do("call", {"name": "show_books", "arguments": {"words": "Dune"}})["structuredContent"]["books"]
    host.do("call", {"name": "decide_loan", "arguments": {"book": row["number"], "decision": "lend"}})
    app.get_by_role("button", name="Lend").click()
    expect(app.get_by_role("alert")).to_have_text("Somebody has borrowed the book meanwhile.")
    expect(app.get_by_role("button", name="Lend")).to_be_enabled()
    screenshot(host.page, "app-form-error")


def test_chart_has_bars_and_asks_the_model(host: Host, screenshot: Screenshot) -> None:
    app = host.open("chart_readers")
    bars = app.locator(".bar")
    expect(bars).to_have_count(2)
    first, second = (bars.nth(number).evaluate("bar => bar.getBoundingClientRect().width") for number in (0, 1))
    assert first == pytest.approx(2 * second, abs=1)
    show(host, screenshot, "chart")
    app.get_by_role("button", name="demo").click()
    host.page.wait_for_function("window.host.seen.at(-1).method === 'message'")
    [said] = host.seen("message")
    assert said == {"role": "user", "content": [{"type": "text", "text": "Which books does demo have?"}]}
    assert host.do("close") == {}


def test_error_of_the_first_call_and_its_cancellation_are_shown(host: Host) -> None:
    app = host.open("propose_loan", {"title": "Nothing"})
    expect(app.get_by_role("alert").first).to_have_text("There is no Nothing, or somebody has borrowed it.")
    host.do("cancel", "The person stopped it.")
    expect(app.get_by_role("alert").first).to_have_text("The person stopped it.")
    expect(app.get_by_role("heading")).to_be_hidden()


def test_app_follows_the_styles_of_its_host(host: Host) -> None:
    app = host.open("chart_readers")
    expect(app.get_by_role("heading")).to_be_visible()
    styles = {
        "variables": {"--color-background-primary": "rgb(1, 2, 3)", "--font-sans": "serif"},
        "css": {"fonts": "h1 { letter-spacing: 7px }"},
    }
    insets = {"top": 30, "right": 0, "bottom": 0, "left": 0}
    host.do("change", {"theme": "dark", "locale": "de", "styles": styles, "safeAreaInsets": insets})
    expect(app.locator("html[lang=de]")).to_be_visible()
    assert background(app) == "rgb(1, 2, 3)"
    assert app.locator("h1").evaluate("h1 => getComputedStyle(h1).letterSpacing") == "7px"
    assert app.locator("body").evaluate("body => getComputedStyle(body).paddingTop") == "42px"


def test_values_never_run_as_code(host: Host) -> None:
    app = host.open("show_hostile")
    expect(app.get_by_role("heading")).to_have_text("<img src=x onerror=alert(1)>")
    link = app.locator("a").first
    assert [link.get_attribute(name) for name in ("href", "onclick", "style", "title")] == [None, None, None, "Fine"]
    assert app.locator("iframe").get_attribute("srcdoc") is None
    assert app.locator("p").last.evaluate("p => p.style.cssText") == ""


def test_links_open_through_the_host(host: Host) -> None:
    host.open("show_hostile").get_by_role("link", name="Elsewhere").click()
    host.page.wait_for_function("window.host.seen.some(each => each.method === 'open-link')")
    assert host.seen("open-link") == [{"url": "https://example.com/a"}]

"""The tools page: only with DEBUG, only for people who are signed in, with the same rules as any call."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from mcp_types import ImageContent
from pytest_django import Settings

from accounts.models import Event, User
from mcp_api import Context, image, tool
from mcp_api.testing import McpClient
from tests.mcp_api.playground.pages import post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry", "debug")]

LIST = "/tools/"


@pytest.mark.parametrize(("path", "posted"), [(LIST, 405), ("/tools/echo", 404)])
def test_without_debug_there_is_no_such_page(browser: Browser, settings: Settings, path: str, posted: int) -> None:
    settings.DEBUG = False
    assert browser.get(path).status_code == 404
    assert browser.post(path, {}).status_code == posted
    assert reverse("mcp_playground:tools") not in browser.get("/").content.decode()


@pytest.mark.parametrize("path", [LIST, "/tools/echo"])
def test_person_who_is_not_signed_in_is_redirected_to_sign_in(path: str) -> None:
    response = Browser().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")


def test_calls_cannot_be_forged_by_another_page(ada: User) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post("/tools/echo", {"argument-text": "a"}).status_code == 403
    assert not Event.objects.filter(action="tools/call echo").exists()


def test_page_is_neither_stored_nor_framed(browser: Browser) -> None:
    response = browser.get("/tools/echo")
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"


def test_front_page_leads_here(browser: Browser) -> None:
    assert 'href="/tools/"' in browser.get("/").content.decode()


def test_tools_are_those_of_the_person(browser: Browser, ada: User) -> None:
    page = browser.get(LIST).content.decode()
    assert 'href="/tools/echo"' in page
    assert "Can change or delete" in page
    assert "find_books" not in page
    assert browser.get("/tools/find_books").status_code == 404
    ada.user_permissions.add(Permission.objects.get(codename="view_book"))
    assert "find_books" in browser.get(LIST).content.decode()


@pytest.mark.parametrize("name", ["none", "a/b", "%00", "..%2fadmin", "a" * 5000])
def test_unknown_tool_is_not_found(browser: Browser, name: str) -> None:
    assert browser.get(f"/tools/{name}").status_code == 404


def test_address_of_a_tool_with_a_slash_leads_to_its_page(browser: Browser) -> None:
    response = browser.get("/tools/echo/")
    assert (response.status_code, response["Location"]) == (302, "/tools/echo")
    assert browser.get("/tools/none/", follow=True).status_code == 404


def test_tool_is_called_and_the_call_is_recorded(browser: Browser) -> None:
    page = post(browser, "echo", text="hello there")
    assert '<pre class="shown">hello there</pre>' in page
    assert "python manage.py mcp call echo &#x27;text=hello there&#x27; --user ada" in page
    event = Event.objects.get(action="tools/call echo")
    assert (event.username, event.client_name) == ("ada", "Tools page")


def test_missing_argument_is_shown_and_the_tool_is_not_called(browser: Browser) -> None:
    page = post(browser, "echo", text="")
    assert "This field is required" in page
    assert not Event.objects.filter(action="tools/call echo").exists()


def test_required_arguments_are_marked_and_optional_ones_are_not(browser: Browser) -> None:
    @tool
    def greet(name: str, greeting: str = "Hello") -> str:
        return f"{greeting} {name}"

    labels = re.findall(r"<label[^>]*>(.*?)</label>", browser.get("/tools/greet").text.partition("<footer")[0])
    assert [label.partition("<")[0] for label in labels] == ["name", "greeting"]
    assert ["required" in label for label in labels] == [True, False]


def test_error_of_a_tool_is_shown_as_one(browser: Browser) -> None:
    page = post(browser, "get_time", timezone="Nowhere")
    assert "returned an error" in page
    assert "is not an IANA time zone" in page
    assert 'value="Nowhere"' in page


def test_author_sees_the_exception_of_a_tool_that_crashed(browser: Browser, ada: User) -> None:
    @tool
    def crash() -> str:
        raise ValueError("the <disk> is full")

    assert ": ValueError: the &lt;disk&gt; is full" in post(browser, "crash")
    assert "disk" not in McpClient(ada).call("crash").text


def test_progress_and_pictures_are_shown(browser: Browser) -> None:
    @tool(read_only=True)
    def draw(context: Context) -> ImageContent:
        context.progress(1, 2, "half")
        context.log("drawn")
        return image(b"PNG")

    page = post(browser, "draw")
    assert "1 of 2 half" in page
    assert "info: drawn" in page
    assert 'src="data:image/png;base64,UE5H"' in page


def test_what_a_tool_returns_is_never_markup(browser: Browser) -> None:
    @tool(title="<i>Title", read_only=True)
    def hostile(context: Context, text: str = "<b>") -> dict[str, str]:
        """<script>alert(1)</script>"""
        context.log("<script>log</script>")
        return {"html": "<img src=x onerror=alert(1)>"}

    for page in (browser.get(LIST).content.decode(), post(browser, "hostile", text="</textarea><script>")):
        assert "<script>alert" not in page
        assert "<script>log" not in page
        assert "<img src=x" not in page
        assert "<i>Title" not in page


def test_list_is_filled_in_without_a_script(browser: Browser) -> None:
    @tool(read_only=True)
    def add_up(numbers: list[int]) -> int:
        return sum(numbers)

    page = post(browser, "add_up", numbers="0", **{"numbers.0-value": "3"}, edit="add argument-numbers")
    assert 'name="argument-numbers.1-value"' in page
    assert not Event.objects.filter(action="tools/call add_up").exists()
    sent = {"argument-numbers": ["0", "1"], "argument-numbers.0-value": "3", "argument-numbers.1-value": "4"}
    page = browser.post("/tools/add_up", sent).content.decode()
    assert '<pre class="shown">7</pre>' in page
    assert "python manage.py mcp call add_up &#x27;numbers=[3, 4]&#x27;" in page


def test_enter_calls_the_tool_and_changes_no_list(browser: Browser) -> None:
    """HTML Standard: "A form element's default button is the first submit button in tree order"."""

    @tool(read_only=True)
    def add_up(numbers: list[int]) -> int:
        return sum(numbers)

    form = browser.get("/tools/add_up").content.decode().partition('<form method="post"')[2]
    first = re.search(r"<button[^>]*>", form)
    assert first is not None
    assert "edit" not in first[0]


@pytest.mark.parametrize(
    "button", ["", "add", "add ", "remove", "remove x", "clear argument-text", "add argument-text"]
)
def test_unknown_buttons_change_nothing(browser: Browser, button: str) -> None:
    response = browser.post("/tools/echo", {"argument-text": "a", "edit": button})
    assert response.status_code == (200 if button.startswith(("add", "remove")) else 400)
    assert not Event.objects.filter(action="tools/call echo").exists()


def test_tools_speak_the_language_of_the_page(browser: Browser) -> None:
    @tool(title=gettext_lazy("Monday"))
    def first_day() -> str:
        return gettext("Monday")

    in_german = {"Accept-Language": "de"}
    assert "Montag" in browser.get(LIST, headers=in_german).text
    assert '<pre class="shown">Montag</pre>' in browser.post("/tools/first_day", headers=in_german).text

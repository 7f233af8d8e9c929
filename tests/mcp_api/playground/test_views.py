"""The page to try one's tools on: only in DEBUG, only for who is signed in, through all that rules a call."""

import re
import shlex
from html import unescape
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from mcp_types import ImageContent
from pytest_django import Settings

from accounts.models import Event, User
from mcp_api import Context, image, questions, tool
from mcp_api.testing import McpClient
from tests.library.models import Author, Book, Loan
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry")]

LIST = "/tools/"


@pytest.fixture(autouse=True)
def debug(settings: Settings) -> None:
    settings.DEBUG = True


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def browser(ada: User) -> Browser:
    signed_in = Browser()
    signed_in.force_login(ada)
    return signed_in


@pytest.fixture
def book() -> Book:
    author = Author.objects.create(name="Bob Dylan")
    return Book.objects.create(title="Tarantula", author=author, isbn="9780000000001")


def post(browser: Browser, name: str, **arguments: str) -> str:
    sent = {f"argument-{key}": value for key, value in arguments.items()}
    response = browser.post(f"/tools/{name}", sent)
    assert response.status_code == 200, response.content
    return response.content.decode()


def hidden(page: str) -> dict[str, str]:
    """What the form of a question carries along."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


# --- Who may come in -----------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "posted"), [(LIST, 405), ("/tools/echo", 404)])
def test_without_debug_there_is_no_such_page(browser: Browser, settings: Settings, path: str, posted: int) -> None:
    settings.DEBUG = False
    assert browser.get(path).status_code == 404
    assert browser.post(path, {}).status_code == posted
    assert reverse("tools") not in browser.get("/").content.decode()


@pytest.mark.parametrize("path", [LIST, "/tools/echo"])
def test_whoever_is_not_signed_in_is_sent_to_do_so(path: str) -> None:
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


# --- What there is -------------------------------------------------------------------------------


def test_front_page_leads_here(browser: Browser) -> None:
    assert 'href="/tools/"' in browser.get("/").content.decode()


def test_tools_are_those_of_the_person(browser: Browser, ada: User) -> None:
    page = browser.get(LIST).content.decode()
    assert 'href="/tools/echo"' in page
    assert "may change or delete" in page
    assert "find_books" not in page
    assert browser.get("/tools/find_books").status_code == 404
    ada.user_permissions.add(Permission.objects.get(codename="view_book"))
    assert "find_books" in browser.get(LIST).content.decode()


@pytest.mark.parametrize("name", ["none", "a/b", "%00", "..%2fadmin", "a" * 5000])
def test_tool_that_is_none_is_not_found(browser: Browser, name: str) -> None:
    assert browser.get(f"/tools/{name}").status_code == 404


def test_address_of_a_tool_with_a_slash_leads_to_its_page(browser: Browser) -> None:
    response = browser.get("/tools/echo/")
    assert (response.status_code, response["Location"]) == (302, "/tools/echo")
    assert browser.get("/tools/none/", follow=True).status_code == 404


# --- Calling -------------------------------------------------------------------------------------


def test_tool_is_called_and_the_call_is_recorded(browser: Browser) -> None:
    page = post(browser, "echo", text="hello there")
    assert '<pre class="shown">hello there</pre>' in page
    assert "python manage.py mcp call echo &#x27;text=hello there&#x27; --user ada" in page
    event = Event.objects.get(action="tools/call echo")
    assert (event.username, event.client_name) == ("ada", "Tools page")


def test_what_is_missing_is_told_and_nothing_is_called(browser: Browser) -> None:
    page = post(browser, "echo", text="")
    assert "This field is required" in page
    assert not Event.objects.filter(action="tools/call echo").exists()


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


# --- Questions -----------------------------------------------------------------------------------


@pytest.fixture
def question(browser: Browser, book: Book) -> str:
    return post(browser, "lend_book", book=str(book.pk), until="2030-01-01")


def test_question_is_shown_and_the_answer_goes_on(browser: Browser, question: str) -> None:
    assert "Lend Tarantula until 2030-01-01?" in question
    answer = {**hidden(question), "decision": "accept", "answer-0-sure": "true"}
    page = browser.post("/tools/lend_book", answer).content.decode()
    assert "Tarantula is yours until 2030-01-01." in page
    assert Loan.objects.get().reader.username == "ada"


@pytest.mark.parametrize("decision", ["decline", "cancel"])
def test_person_may_say_no(browser: Browser, question: str, decision: str) -> None:
    page = browser.post("/tools/lend_book", {**hidden(question), "decision": decision}).content.decode()
    assert "Nothing was lent." in page
    assert not Loan.objects.exists()


@pytest.mark.parametrize(("decision", "said"), [("yes", "closed"), ("no", "stays open")])
def test_confirmation_is_a_question_with_two_buttons(browser: Browser, decision: str, said: str) -> None:
    @tool
    def close(context: Context) -> str:
        return "closed" if context.confirm("Close it?") else "stays open"

    page = post(browser, "close")
    assert "Close it?" in page
    assert re.findall(r'name="decision" value="(\w+)"', page) == ["yes", "no"]
    assert "answer-0" not in page
    answered = browser.post("/tools/close", {**hidden(page), "decision": decision}).content.decode()
    assert f'<pre class="shown">{said}</pre>' in answered


def commands(page: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<code data-copy="the command">(.*?)</code>', page)]


def test_command_for_a_terminal_has_the_answers(browser: Browser, question: str) -> None:
    for decision, typed in (("accept", "--answer '{\"sure\": true}'"), ("decline", "--answer null")):
        answer = {**hidden(question), "decision": decision, "answer-0-sure": "true"}
        [command] = commands(browser.post("/tools/lend_book", answer).content.decode())
        assert command.endswith(f" --user ada {typed}")


def test_answer_that_was_cancelled_has_no_command_for_a_terminal(browser: Browser, question: str) -> None:
    page = browser.post("/tools/lend_book", {**hidden(question), "decision": "cancel"}).content.decode()
    assert "Nothing was lent." in page
    assert commands(page) == []
    assert "terminal" not in page


def test_command_for_a_terminal_has_the_answers_of_each_round(browser: Browser) -> None:
    @tool
    def close(context: Context, ticket: int) -> str:
        """Close a ticket."""
        sure = context.confirm("Close it?")
        return f"{sure} {context.confirm('For good?')}"

    first = post(browser, "close", ticket="7")
    second = browser.post("/tools/close", {**hidden(first), "decision": "yes"}).content.decode()
    page = browser.post("/tools/close", {**hidden(second), "decision": "no"}).content.decode()
    assert commands(page) == ["python manage.py mcp call close ticket=7 --user ada --answer true --answer false"]
    arguments = shlex.split(commands(page)[0])[3:]
    out = StringIO()
    call_command("mcp", *arguments, stdout=out, stderr=StringIO())
    assert "True False" in out.getvalue()


def test_confirmation_beside_other_questions_has_no_answer_chosen(browser: Browser) -> None:
    @tool
    def close(context: Context) -> str:
        asked = context.ask(sure=questions.confirmation("Close it?"), also=questions.confirmation("And that?"))
        return f"closed {asked['sure']} {asked['also']}"

    page = post(browser, "close")
    accepted = {**hidden(page), "decision": "accept"}
    assert "This field is required" in browser.post("/tools/close", accepted).content.decode()
    chosen = {**accepted, "answer-0-confirmed": "true", "answer-1-confirmed": "false"}
    assert "closed True False" in browser.post("/tools/close", chosen).content.decode()


def test_answer_that_is_missing_is_told(browser: Browser, question: str) -> None:
    page = browser.post("/tools/lend_book", {**hidden(question), "decision": "accept"}).content.decode()
    assert "This field is required" in page
    assert "Lend Tarantula" in page


def test_what_comes_along_cannot_be_changed(browser: Browser, question: str, book: Book) -> None:
    other = hidden(question)["arguments"].replace("2030", "2031")
    answer = {**hidden(question), "arguments": other, "decision": "accept", "answer-0-sure": "true"}
    page = browser.post("/tools/lend_book", answer).content.decode()
    assert "belongs to another request" in page
    assert not Loan.objects.exists()


@pytest.mark.parametrize("name", ["answers", "arguments", "questions", "decision"])
@pytest.mark.parametrize("value", ["", "{", "[]", "null", '{"a": 1}', '{"a": {"params": 1}}', '{"a": {"params": {}}}'])
def test_what_comes_back_wrong_is_no_error_of_ours(browser: Browser, question: str, name: str, value: str) -> None:
    response = browser.post("/tools/lend_book", {**hidden(question), "decision": "accept", name: value})
    # Another decision, or other arguments, are shown on the page.
    is_shown = name == "decision" or (name == "arguments" and value.startswith('{"'))
    assert response.status_code == (200 if is_shown else 400)
    assert not Loan.objects.exists()

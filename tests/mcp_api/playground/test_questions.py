"""Questions of a tool on the tools page, and the answers to them."""

import json
import re
import shlex
from html import unescape
from io import StringIO
from typing import Literal

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from pydantic import BaseModel

from mcp_api import Context, questions, tool
from tests.library.models import Book, Loan
from tests.mcp_api.playground.pages import hidden, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry", "debug")]


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
    return [unescape(each) for each in re.findall(r'<code data-copy="Copy the command">(.*?)</code>', page)]


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


def test_missing_answer_is_shown_as_an_error(browser: Browser, question: str) -> None:
    page = browser.post("/tools/lend_book", {**hidden(question), "decision": "accept"}).content.decode()
    assert "This field is required" in page
    assert "Lend Tarantula" in page


def test_hidden_arguments_of_a_question_cannot_be_changed(browser: Browser, question: str, book: Book) -> None:
    other = hidden(question)["arguments"].replace("2030", "2031")
    answer = {**hidden(question), "arguments": other, "decision": "accept", "answer-0-sure": "true"}
    page = browser.post("/tools/lend_book", answer).content.decode()
    assert "belongs to another request" in page
    assert not Loan.objects.exists()


@pytest.mark.parametrize("name", ["answers", "arguments", "questions", "decision"])
@pytest.mark.parametrize("value", ["", "{", "[]", "null", '{"a": 1}', '{"a": {"params": 1}}', '{"a": {"params": {}}}'])
def test_invalid_form_fields_are_refused_without_a_server_error(
    browser: Browser, question: str, name: str, value: str
) -> None:
    response = browser.post("/tools/lend_book", {**hidden(question), "decision": "accept", name: value})
    # Another decision, or other arguments, are shown on the page.
    is_shown = name == "decision" or (name == "arguments" and value.startswith('{"'))
    assert response.status_code == (200 if is_shown else 400)
    assert not Loan.objects.exists()


class Days(BaseModel):
    days: list[Literal["Monday", "Friday"]]


@pytest.fixture
def choice(browser: Browser) -> str:
    @tool
    def deliver(context: Context) -> str:
        answer = context.elicit("When?", Days)
        return f"on {answer.data.days}" if answer.accepted else "never"

    return post(browser, "deliver")


def test_several_values_are_chosen_by_check_boxes(browser: Browser, choice: str) -> None:
    assert re.findall(r'<input type="checkbox" name="(.*?)" value="(.*?)"', choice) == [
        ("answer-0-days", "&quot;Monday&quot;"),
        ("answer-0-days", "&quot;Friday&quot;"),
    ]
    answer = {**hidden(choice), "decision": "accept", "answer-0-days": ['"Friday"', '"Monday"']}
    assert "on [&#x27;Friday&#x27;, &#x27;Monday&#x27;]" in browser.post("/tools/deliver", answer).content.decode()


@pytest.mark.parametrize("bound", ["1", [], {}])
def test_forged_question_is_refused_without_a_server_error(browser: Browser, choice: str, bound: object) -> None:
    schema = {"type": "object", "properties": {"days": {"type": "integer", "minimum": bound}}}
    question = {"method": "elicitation/create", "params": {"message": "Forged", "requestedSchema": schema}}
    forged = {**hidden(choice), "questions": json.dumps({"q": question}), "answer-0-days": "1", "decision": "accept"}
    assert browser.post("/tools/deliver", forged).status_code == 400

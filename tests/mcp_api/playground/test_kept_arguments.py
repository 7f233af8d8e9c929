"""Arguments of the last call, which the form has when its page is opened again."""

from typing import Any

import pytest
from django.test import Client as Browser
from pydantic import BaseModel, SecretStr

from mcp_api import tool
from mcp_api.playground.kept_arguments import KEY, LONGEST, MOST_TOOLS, keep, kept
from tests.mcp_api.playground.pages import post
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry", "debug")]


class Login(BaseModel):
    name: str
    password: SecretStr


def opened(browser: Browser, name: str) -> str:
    return browser.get(f"/tools/{name}").content.decode()


def described(name: str = "t", *properties: str) -> dict[str, Any]:
    schemas = {each: {"type": "string"} for each in properties or ("a",)}
    return {"name": name, "inputSchema": {"type": "object", "properties": schemas}}


def test_form_has_the_arguments_of_the_last_call(browser: Browser) -> None:
    assert "last call" not in opened(browser, "echo")
    post(browser, "echo", text="hello")
    post(browser, "echo", text="")
    assert 'value="hello"' in opened(browser, "echo")
    assert "arguments of your last call" in opened(browser, "echo")


def test_nested_arguments_and_choices_are_kept(browser: Browser) -> None:
    @tool(read_only=True)
    def add_up(numbers: list[int], negative: bool = False) -> int:
        return sum(numbers)

    sent = {"argument-numbers": ["3", "5"], "argument-numbers.3-value": "31", "argument-numbers.5-value": "41"}
    browser.post("/tools/add_up", {**sent, "argument-negative": "true"})
    page = opened(browser, "add_up")
    assert 'value="31"' in page
    assert 'value="41"' in page
    assert '<option value="true" selected>' in page


def test_arguments_can_be_cleared(browser: Browser) -> None:
    post(browser, "echo", text="hello")
    response = browser.post("/tools/echo", {"argument-text": "other", "edit": "forget"})
    assert (response.status_code, response["Location"]) == (302, "/tools/echo")
    assert "hello" not in opened(browser, "echo")


def test_arguments_are_those_of_one_person(browser: Browser) -> None:
    post(browser, "echo", text="hello")
    browser.force_login(make_user("bob"))
    assert "hello" not in opened(browser, "echo")


def test_arguments_at_rest_are_encrypted(browser: Browser) -> None:
    post(browser, "echo", text="hello")
    assert "hello" not in str(dict(browser.session))
    assert list(browser.session[KEY]) == ["echo"]


def test_passwords_are_not_kept(browser: Browser) -> None:
    @tool(read_only=True)
    def sign_in(server: str, login: Login) -> str:
        return login.password.get_secret_value()

    sent = {"argument-server": "here", "argument-login.0-name": "ada", "argument-login.0-password": "sesame"}
    page = browser.post("/tools/sign_in", sent).content.decode()
    assert '<pre class="shown">sesame</pre>' in page
    assert 'type="password"' in page
    assert 'value="here"' in opened(browser, "sign_in")
    assert "sesame" not in opened(browser, "sign_in")


def test_arguments_for_another_schema_are_not_shown() -> None:
    session: Any = {}
    keep(session, described(), {"a": "b"})
    assert kept(session, described()) == {"a": "b"}
    assert kept(session, described("t", "a", "c")) == {}


@pytest.mark.parametrize("sealed", ["", "x"])
def test_what_cannot_be_decrypted_is_ignored(sealed: str) -> None:
    session: Any = {KEY: {"t": sealed}}
    assert kept(session, described()) == {}


def test_few_tools_and_no_long_arguments_are_kept() -> None:
    session: Any = {}
    for number in range(MOST_TOOLS + 2):
        keep(session, described(f"t{number}"), {"a": "b"})
    assert list(session[KEY]) == [f"t{number}" for number in range(2, MOST_TOOLS + 2)]
    keep(session, described("t5"), {"a": "b" * LONGEST})
    assert kept(session, described("t5")) == {}
    assert kept(session, described("t6")) == {"a": "b"}

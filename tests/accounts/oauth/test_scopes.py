"""The scopes and the resource of an authorization request, and what the person grants of them."""

import pytest
from django.test import Client as Browser

from accounts.models import Authorization, Grant
from tests.support.flows import RESOURCE, App, answer, approve, ask, returned
from tests.support.oauth.consent_pages import nothing_was_written

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "registered", "granted"),
    [
        (None, "read write", "read write"),
        (None, "", "read"),
        ("", "read write", "read write"),
        ("read", "read write", "read"),
        ("write", "read", "write"),
        ("read write", "read", "read write"),
        ("write write", "read", "write"),
        ("read admin", "read write", "read"),
        ("openid email profile", "", "read"),
        ("openid email profile", "read write", "read write"),
        (" offline_access", "", "read offline_access"),
        ("read offline_access", "read write", "read offline_access"),
    ],
)
def test_scopes_are_narrowed_to_those_that_exist_and_never_refused(
    browser: Browser, asked: str | None, registered: str, granted: str
) -> None:
    """A registered scope is what a client gets when it asks for none, never a ceiling."""
    app = App.register(scope=registered)
    code = approve(browser, app, scope=asked)
    assert Authorization.objects.get().scope == granted
    assert app.exchange(code).json()["scope"] == granted


@pytest.mark.parametrize(
    "resource",
    [
        None,
        "",
        RESOURCE,
        f"{RESOURCE}/",
        "HTTP://LOCALHOST/mcp",
        "http://localhost:80/mcp",
        [RESOURCE, f"{RESOURCE}/"],
    ],
)
def test_our_resource_is_known_in_all_its_spellings(
    browser: Browser, app: App, resource: str | list[str] | None
) -> None:
    approve(browser, app, resource=resource)
    assert Grant.objects.get().resource == [RESOURCE]


@pytest.mark.parametrize("left", ["read", "write"])
def test_the_person_may_grant_less_than_was_asked_for(browser: Browser, app: App, left: str) -> None:
    page = ask(browser, app, scope="read write")
    code = returned(answer(browser, page, scope=left))["code"]
    assert Authorization.objects.get().scope == left
    assert app.exchange(code).json()["scope"] == left


def test_offline_access_is_granted_without_being_asked_for(browser: Browser, app: App) -> None:
    page = ask(browser, app, scope="read write offline_access")
    assert "offline_access" not in page.text.partition("<fieldset")[2].partition("</fieldset>")[0]
    code = returned(answer(browser, page, scope="read"))["code"]
    assert app.exchange(code).json()["scope"] == "read offline_access"


@pytest.mark.parametrize("left", [None, "offline_access", "admin"])
def test_granting_nothing_is_asked_again(browser: Browser, app: App, left: str | None) -> None:
    response = answer(browser, ask(browser, app, scope="read write offline_access"), scope=left)
    assert response.status_code == 400
    assert "at least one permission" in response.text
    assert nothing_was_written()

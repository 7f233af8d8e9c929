"""The consent page names what somebody would open to the client, as it is for the two of them now."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Authorization, Client, User
from accounts.scopes import PreviewItem, preview_for
from mcp_api import tool
from mcp_api.models import Policy
from tests.support.factories import make_client, make_user
from tests.support.flows import App, answer, ask, returned, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library", "isolated_registry")]

ALL = ["read", "write", "library:lend"]


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def client(db: None) -> Client:
    return make_client(name="Nosy")


@pytest.fixture
def browser(person: User) -> Browser:
    return sign_in(person)


@pytest.fixture
def app(db: None) -> App:
    return App.register(scope="read write library:lend")


def preview(scopes: list[str], person: User, client: Client) -> dict[str, list[PreviewItem]]:
    return preview_for(person)(scopes, client)


def names(opened: dict[str, list[PreviewItem]], scope: str) -> set[str]:
    return {each.name for each in opened[scope]}


def test_each_thing_stands_under_the_scope_that_opens_it(person: User, client: Client) -> None:
    opened = preview(ALL, person, client)
    assert {"echo", "get_user_info", "book_list", "recommend", "library://books/{number}"} <= names(opened, "read")
    assert {"book_create", "book_destroy"} <= names(opened, "write")
    assert names(opened, "library:lend") == {"lend_book"}


def test_what_it_does_is_marked(person: User, client: Client) -> None:
    does = {each.name: each.does for opened in preview(ALL, person, client).values() for each in opened}
    assert (does["echo"], does["book_create"], does["book_destroy"]) == ("reads", "adds", "destroys")


def test_what_no_scope_of_these_opens_is_not_there(person: User, client: Client) -> None:
    assert list(preview(["read"], person, client)) == ["read"]


def test_what_needs_several_scopes_stands_once_and_says_so(person: User, client: Client) -> None:
    @tool(scopes=["write", "read"])
    def both() -> None:
        """Need both."""

    assert "both" not in names(preview(["read"], person, client), "read")
    opened = preview(["read", "write"], person, client)
    assert "both" not in names(opened, "read")
    assert next(each for each in opened["write"] if each.name == "both").also_needs == ("read",)


def test_permissions_and_policy_decide_for_this_person_and_client(person: User, client: Client) -> None:
    assert "find_books" not in names(preview(ALL, person, client), "read")
    person.user_permissions.add(Permission.objects.get(codename="view_book"))
    person = User.objects.get(pk=person.pk)
    assert "find_books" in names(preview(ALL, person, client), "read")
    group = Group.objects.create(name="Staff")
    Policy.objects.create(kind="tool", name="echo").groups.add(group)
    Policy.objects.create(kind="tool", name="get_time").clients.add(client)
    Policy.objects.create(kind="tool", name="get_user_info", scopes="write")
    opened = preview(ALL, person, client)
    assert names(opened, "read").isdisjoint({"echo", "get_time", "get_user_info"})
    assert "get_user_info" in names(opened, "write")
    assert "get_time" in names(preview(ALL, person, make_client()), "read")


def test_it_costs_few_queries_however_much_there_is(person: User, client: Client) -> None:
    preview(ALL, person, client)
    Policy.objects.create(kind="tool", name="echo").groups.add(Group.objects.create(name="Staff"))
    preview(ALL, person, client)
    with CaptureQueriesContext(connection) as queries:
        preview(ALL, User.objects.get(pk=person.pk), client)
    # The person; the rules' revision; their groups; their permissions, by themselves and by group.
    assert len(queries) == 5


def test_consent_page_names_them(browser: Browser, app: App) -> None:
    page = ask(browser, app, scope="read write library:lend").text
    for told in ("Lend book", "Book destroy", "Can change or delete", "Read-only", "Creates"):
        assert told in page


def test_what_an_author_wrote_is_never_markup(browser: Browser, app: App) -> None:
    @tool(name="hostile", title="<img src=x>")
    def hostile() -> None:
        """Be hostile."""

    assert "<img src=x>" not in ask(browser, app).text


@pytest.mark.parametrize("change", ["disable", "declare"])
def test_approval_counts_for_what_was_shown_alone(browser: Browser, app: App, change: str) -> None:
    page = ask(browser, app)
    if change == "disable":
        Policy.objects.create(kind="tool", name="echo", enabled=False)
    else:

        @tool(name="echo_too")
        def echo_too() -> None:
            """Be new."""

    again: Any = answer(browser, page)
    assert again.status_code == 400
    assert "Something changed" in again.text
    assert not Authorization.objects.exists()
    assert returned(answer(browser, again))["code"]


def test_what_needs_no_scope_stands_under_the_first(person: User, client: Client) -> None:
    @tool(scopes=())
    def wave() -> str:
        """Wave."""
        return "hello"

    assert "wave" in names(preview(["write", "read"], person, client), "write")

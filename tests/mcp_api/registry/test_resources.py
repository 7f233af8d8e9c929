"""Resources: fixed ones and templates, text, binary and data (spec: server/resources)."""

import base64
from typing import Any
from unittest.mock import Mock

import pytest

from accounts.models import Event
from mcp_api import Context, NotFound, ToolError, embedded, resource
from mcp_api.registry import resources
from tests.mcp_api.conftest import Caller, error_of, misdeclared, result_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture(autouse=True)
def nothing_else(isolated_registry: None) -> None:
    """Take away the resources of skills."""
    resources.resources.clear()


def read(caller: Caller, uri: str) -> dict[str, Any]:
    [contents] = result_of(caller.modern("resources/read", {"uri": uri}))["contents"]
    return contents


def test_text_is_read_with_its_type(caller: Caller) -> None:
    @resource("library://rules", mime_type="text/markdown")
    def rules() -> str:
        """The rules of the house."""
        return "# Be quiet"

    assert read(caller, "library://rules") == {
        "uri": "library://rules",
        "mimeType": "text/markdown",
        "text": "# Be quiet",
    }
    [listed] = result_of(caller.modern("resources/list"))["resources"]
    assert listed == {
        "uri": "library://rules",
        "name": "rules",
        "title": "Rules",
        "description": "The rules of the house.",
        "mimeType": "text/markdown",
    }


def test_bytes_are_read_as_base64(caller: Caller) -> None:
    @resource("library://logo", mime_type="image/png")
    def logo() -> bytes:
        return b"\x89PNG\x00"

    assert base64.b64decode(read(caller, "library://logo")["blob"]) == b"\x89PNG\x00"


def test_data_is_read_as_json(caller: Caller) -> None:
    @resource("library://hours")
    def hours() -> dict[str, list[int]]:
        return {"monday": [9, 17]}

    contents = read(caller, "library://hours")
    assert (contents["mimeType"], contents["text"]) == ("application/json", '{"monday":[9,17]}')


def test_template_whose_types_differ_returns_contents_with_their_own(caller: Caller) -> None:
    @resource("library://covers/{name}", mime_type="text/plain")
    def cover(name: str) -> Any:
        return embedded("library://cover", b"\xff" if name == "a" else "<svg/>", f"image/{name}").resource

    assert read(caller, "library://covers/a") == {"uri": "library://covers/a", "mimeType": "image/a", "blob": "/w=="}
    assert read(caller, "library://covers/b") == {"uri": "library://covers/b", "mimeType": "image/b", "text": "<svg/>"}


def test_a_template_gives_its_variables_to_the_function(caller: Caller) -> None:
    @resource("library://books/{number}/{+path}")
    def page(context: Context, number: int, path: str) -> str:
        return f"{context.user.username} reads {path} of {number + 1}"

    assert read(caller, "library://books/41/chapter/1%20a")["text"] == "ada reads chapter/1 a of 42"
    [listed] = result_of(caller.modern("resources/templates/list"))["resourceTemplates"]
    assert listed["uriTemplate"] == "library://books/{number}/{+path}"
    assert result_of(caller.modern("resources/list"))["resources"] == []


def test_a_fixed_resource_goes_before_a_template(caller: Caller) -> None:
    @resource("library://{name}")
    def any_of_them(name: str) -> str:
        return "template"

    @resource("library://one")
    def one() -> str:
        return "fixed"

    assert read(caller, "library://one")["text"] == "fixed"


@pytest.mark.parametrize("uri", ["library://nothing", "library://books/no-number", "library://books/1/2", "", "x"])
def test_what_is_not_there_is_an_invalid_parameter_that_names_it(caller: Caller, uri: str) -> None:
    @resource("library://books/{number}")
    def book(number: int) -> str | None:
        return None

    response = caller.modern("resources/read", {"uri": uri})
    assert response.status_code == 400
    assert error_of(response) == {"code": -32602, "message": "Resource not found", "data": {"uri": uri}}


def test_the_legacy_era_has_a_code_of_its_own_for_that(caller: Caller) -> None:
    response = caller.legacy("resources/read", {"uri": "library://nothing"})
    assert (response.status_code, error_of(response)["code"]) == (200, -32002)


def test_none_means_that_there_is_nothing(caller: Caller) -> None:
    @resource("library://books/{number}")
    def book(number: int) -> str | None:
        return None

    assert error_of(caller.modern("resources/read", {"uri": "library://books/1"}))["code"] == -32602


def test_not_found_says_so_in_the_words_of_the_author(caller: Caller) -> None:
    @resource("library://books/{number}")
    def book(number: int) -> str:
        raise NotFound("There is no such book.")

    uri = "library://books/1"
    told = {"code": -32602, "message": "There is no such book.", "data": {"uri": uri}}
    assert error_of(caller.modern("resources/read", {"uri": uri})) == told
    assert error_of(caller.legacy("resources/read", {"uri": uri})) == {**told, "code": -32002}


def test_tool_error_of_a_resource_is_shown_to_the_client(caller: Caller) -> None:
    @resource("library://books")
    def books() -> str:
        raise ToolError("The library is closed.")

    response = caller.modern("resources/read", {"uri": "library://books"})
    assert error_of(response) == {"code": -32602, "message": "The library is closed."}
    event = Event.objects.latest("pk")
    assert (event.outcome, event.reason, event.detail) == ("refused", "tool_error", "The library is closed.")


def test_a_resource_may_need_a_scope(caller: Caller) -> None:
    @resource("library://vault", scopes=["write"])
    def vault() -> str:
        return "gold"

    response = caller.modern("resources/read", {"uri": "library://vault"})
    assert response.status_code == 403
    assert 'scope="write"' in response["WWW-Authenticate"]


def test_what_depends_on_the_person_is_cached_for_them_alone(caller: Caller) -> None:
    @resource("library://mine")
    def mine() -> str:
        return "mine"

    for method, params in (
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "library://mine"}),
    ):
        assert result_of(caller.modern(method, params))["cacheScope"] == "private"


def test_a_template_that_its_function_does_not_take_is_refused_at_once() -> None:
    with misdeclared("mcp_api.E008", match="variables"):

        @resource("library://books/{number}")
        def book(title: str) -> str:
            return title


def test_two_resources_at_one_uri_are_refused_at_once() -> None:
    resource("library://one")(lambda: "first")
    with misdeclared("mcp_api.E001", match="library://one"):
        resource("library://one")(lambda: "second")


def test_what_an_address_may_leave_out_is_the_functions_default(caller: Caller) -> None:
    @resource("library://books{/genre}{?author,year}")
    def books(genre: str = "all", author: str = "", year: int = 0) -> str:
        return f"{genre} {author} {year}"

    for uri, text in (
        ("library://books", "all  0"),
        ("library://books/poems?year=1843", "poems  1843"),
        ("library://books?year=1843&author=Ada%20L", "all Ada L 1843"),
    ):
        assert result_of(caller.modern("resources/read", {"uri": uri}))["contents"][0]["text"] == text
    for uri in ("library://books?year=soon", "library://books?colour=red"):
        assert error_of(caller.modern("resources/read", {"uri": uri}))["code"] == -32602


class TestIndexByNormalForm:
    """The table finds other forms of a URI without looking at each resource."""

    def declare(self, uri: str) -> None:
        @resource(uri)
        def found() -> str:
            """Something."""
            return ""

    def test_another_form_of_a_uri_is_found_among_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(50):
            self.declare(f"https://books.example/café/{number}")
        assert resources.find("https://books.example/caf%C3%A9/7") is not None
        unused = Mock(side_effect=AssertionError)
        monkeypatch.setattr(resources, "normal_template", unused)
        for number in range(50):
            found = resources.find(f"https://books.example/caf%c3%a9/{number}")
            assert found is not None
            assert found[0].uri == f"https://books.example/café/{number}"

    @pytest.mark.parametrize("change", ["set", "delete", "pop", "update", "clear"])
    def test_index_follows_each_change_of_the_table(self, change: str) -> None:
        self.declare("https://books.example")
        assert resources.find("https://books.example/") is not None
        table, declared = resources.resources, resources.resources["https://books.example"]
        match change:
            case "set":
                table["https://books.example"] = declared
            case "delete":
                del table["https://books.example"]
            case "pop":
                table.pop("https://books.example")
            case "update":
                table.update({})
            case _:
                table.clear()
        assert (resources.find("https://books.example/") is not None) == (change in ("set", "update"))

    def test_declared_resource_is_found_by_another_form(self) -> None:
        self.declare("https://books.example")
        found = resources.declared_at("https://books.example/")
        assert found is not None
        assert found.uri == "https://books.example"
        assert resources.declared_at("https://other.example/") is None

"""Calls of what the README and pages of the manual declare. tests/manual/test_examples.py runs them."""

from typing import Any, cast

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import TestCase

from accounts.models import Client
from mcp_api import local, questions
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.testing import McpClient, McpClientError

called: set[str] = set()
# Where tests/manual/test_examples.py puts the examples.
MODULES = ("library.apps", "library.example", "library.tasks", "library.readme", "library.views")


class RecordingClient(McpClient):
    """A client that remembers what was used."""

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        if method in ("tools/call", "prompts/get", "resources/read"):
            called.add(str((params or {}).get("name") or (params or {})["uri"]))
        return super().request(method, params)


def require_all_called() -> None:
    """Fail where an example was not called. A template is read at a URI that it makes, and is not looked for."""
    offered = [*registry.tools.values(), *prompts.prompts.values(), *resources.resources.values()]
    own = [each for each in offered if each.function.__module__.startswith(MODULES)]
    assert {each.key for each in own if "{" not in each.key} - called == set()


class ExampleTests(TestCase):
    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        require_all_called()

    def setUp(self) -> None:
        self.books = cast(Any, apps.get_model("library", "Book"))
        self.ada = get_user_model().objects.create_user("ada")
        self.dune = self.books.objects.create(title="Dune")
        self.emma = self.books.objects.create(title="Emma", reader=self.ada)
        self.mcp = RecordingClient(self.ada)

    # --- Tools ---------------------------------------------------------------------------------

    def test_list_books(self) -> None:
        assert self.mcp.call("list_books", words="du").data == [{"id": self.dune.pk, "title": "Dune"}]
        assert "limit" in self.mcp.call("list_books", words="", limit=51).text

    def test_give_back_books(self) -> None:
        with pytest.raises(McpClientError):
            RecordingClient(self.ada, scopes=["read"]).call("give_back_books")
        assert RecordingClient(self.ada, answers=[False]).call("give_back_books").text == "Nothing was given back."
        client = RecordingClient(self.ada, answers=[True])
        result = client.call("give_back_books")
        assert result.text == "1 books were given back."
        assert result.asked[0]["params"]["message"] == "Give back 1 books?"

    def test_order_book(self) -> None:
        assert "order_book" not in self.mcp.tools()
        self.ada.user_permissions.add(Permission.objects.get(codename="add_book"))
        assert "icons" in self.mcp.tools()["order_book"]
        assert self.mcp.call("order_book", title="Dune").text == "1 of Dune will come."
        assert self.mcp.call("order_book", title="Dune", copies=2).is_error
        with pytest.raises(McpClientError):
            McpClient(self.ada, scopes=["read", "write"]).call("order_book", title="Dune")

    def test_content(self) -> None:
        assert [each["type"] for each in self.mcp.call("show_cover", title="Dune").content] == ["image"]
        shown = [each["type"] for each in self.mcp.call("show_book", title="Dune").content]
        assert shown == ["text", "audio", "resource", "resource_link"]

    def test_rename_book(self) -> None:
        assert self.mcp.call("rename_book", book=self.dune.pk, title="Emma").text == "Another book is called Emma."
        assert self.mcp.call("rename_book", book=0, title="A").text == "There is no book 0."
        assert self.mcp.call("rename_book", book=self.dune.pk, title="Persuasion").data == "Persuasion"

    def test_async_tool_keeps_what_it_wrote_before_it_raised(self) -> None:
        result = self.mcp.call("add_books", titles=["Ulysses", "Kim"])
        assert (result.data, len(result.messages)) == (4, 2)
        assert self.mcp.call("add_books", titles=["Orlando", ""]).is_error
        assert self.books.objects.count() == 5

    # --- Context -------------------------------------------------------------------------------

    def test_count_letters(self) -> None:
        result = self.mcp.call("count_letters")
        assert result.data == 8
        assert result.messages[-1]["params"] == {"level": "debug", "logger": "library", "data": {"letters": 8}}

    def test_return_book(self) -> None:
        assert "cannot show a form" in self.mcp.call("return_book", title="Emma").text
        client = RecordingClient(self.ada, answers=[{"state": "damaged"}])
        assert client.call("return_book", title="Emma").text == "Emma came back, damaged."

    def test_plan_reading(self) -> None:
        assert self.mcp.call("plan_reading", topic="Dune").data == "Read about Dune."
        params: dict[str, Any] = {"name": "plan_reading", "arguments": {"topic": "Dune"}}
        principal = local.principal_of(self.ada, Client(name="Another client"))
        able: dict[str, Any] = {"sampling": {}, "roots": {}}
        answers = [
            {"roots": [{"uri": "file:///books"}]},
            {"role": "assistant", "model": "m", "content": {"type": "text", "text": "Read."}},
        ]
        asked = local.send_request(principal, "tools/call", params, capabilities=able)
        for answer in answers:
            [key] = asked["inputRequests"]
            retry = {"requestState": asked["requestState"], "inputResponses": {key: answer}}
            asked = local.send_request(principal, "tools/call", {**params, **retry}, capabilities=able)
        assert asked["structuredContent"] == {"result": "Read."}

    def test_join_library(self) -> None:
        client = RecordingClient(self.ada, answers=[True, {"name": "Ada"}, True])
        assert client.call("join_library").data == "Welcome, Ada."
        assert len(client.asked) == 3
        client = RecordingClient(self.ada, answers=[True, {"name": "Ada"}, None])
        assert client.call("join_library").data == "You did not join."

    def test_client_that_cannot_be_asked_is_refused(self) -> None:
        with pytest.raises(McpClientError) as refused:
            self.mcp.call("join_library")
        assert refused.value.code == -32021

    def test_a_form_of_one_boolean_that_says_no_is_not_accepted(self) -> None:
        form = {"type": "object", "properties": {"sure": {"type": "boolean"}}}
        asked = questions.form("Are you sure?", form)
        assert not asked.read({"action": "accept", "content": {"sure": False}}).accepted

    # --- Resources and prompts -----------------------------------------------------------------

    def test_resources(self) -> None:
        assert self.mcp.read("library://shelf")["text"] == "Dune\nEmma"
        contents = self.mcp.read("library://index/d?limit=1")
        assert (contents["text"], contents["mimeType"]) == ('["Dune"]', "application/json")
        with pytest.raises(McpClientError):
            self.mcp.read("library://index/d?limit=few")
        ref = {"type": "ref/resource", "uri": "library://index/{letter}{?limit}"}
        asked = {"ref": ref, "argument": {"name": "letter", "value": ""}}
        assert self.mcp.request("completion/complete", asked)["completion"]["values"] == ["D", "E"]

    def test_donate_book(self) -> None:
        assert self.mcp.call("donate_book", title="Kim").text == "Thank you for Kim."

    def test_prompt(self) -> None:
        said = self.mcp.prompt("discuss", title="Dune", mood="curious")
        assert [each["role"] for each in said] == ["user", "assistant"]

    # --- Apps ----------------------------------------------------------------------------------

    def test_pages_of_apps(self) -> None:
        shown = {name: tool["_meta"]["ui"] for name, tool in self.mcp.tools().items() if "_meta" in tool}
        assert set(shown) == {"show_books", "propose_loan", "chart_readers", "show_shelf"}
        for name, meta in shown.items():
            page = self.mcp.read(meta["resourceUri"])
            assert page["mimeType"] == "text/html;profile=mcp-app"
            assert f'data-tool="{name}"' in page["text"]
            called.add(meta["resourceUri"].partition("?")[0])
        assert self.mcp.resources()[shown["show_shelf"]["resourceUri"]]["_meta"]["ui"] == {
            "csp": {"resourceDomains": ["https://covers.example.com"]},
            "prefersBorder": True,
        }

    def test_tools_of_apps(self) -> None:
        rows = self.mcp.call("show_books", words="em").data["books"]
        assert rows == [{"number": self.emma.pk, "title": "Emma", "reader": "ada"}]
        assert self.mcp.call("show_shelf").data == {"books": [{"title": "Dune"}]}
        assert self.mcp.call("chart_readers").data == {"most": 1, "bars": [{"reader": "ada", "books": 1}]}
        loan = {"book": self.dune.pk, "title": "Dune", "reader": "ada"}
        assert self.mcp.call("propose_loan", title="dune").data == {**loan, "state": "proposed"}
        decline = self.mcp.call("decide_loan", book=self.dune.pk, decision="decline")
        assert decline.data == {**loan, "state": "declined"}
        # A field of a form is a text.
        assert self.mcp.call("decide_loan", book=str(self.dune.pk), decision="lend").data == {**loan, "state": "lent"}
        assert self.mcp.call("decide_loan", book=self.dune.pk, decision="lend").is_error
        assert self.mcp.call("propose_loan", title="Dune").is_error

    # --- From what there is --------------------------------------------------------------------

    def test_search(self) -> None:
        rows = self.mcp.call("search_books", title__icontains="em").data
        emma = {"id": self.emma.pk, "title": "Emma", "reader__username": "ada"}
        assert rows == {"rows": [emma], "more": False}
        assert self.mcp.call("search_books", limit=1, order_by="-id").data == {"rows": [emma], "more": True}
        assert self.mcp.call("my_books").data["rows"] == [{"title": "Emma"}]

    def test_expose(self) -> None:
        assert len(self.mcp.call("book_list").data) == 2
        assert self.mcp.call("book_retrieve", pk=self.dune.pk).data["title"] == "Dune"
        assert self.mcp.call("book_create", title="Kim").data["title"] == "Kim"
        reserved = self.mcp.call("book_reserve", pk=self.dune.pk, title="Dune")
        assert reserved.data == {"title": "Dune", "for": "ada"}
        assert self.mcp.call("book_retrieve", pk=0).is_error
        hints = {name: tool["annotations"] for name, tool in self.mcp.tools().items()}
        assert hints["book_list"]["readOnlyHint"]
        assert hints["book_reserve"]["destructiveHint"]
        assert not hints["book_create"]["destructiveHint"]

    # --- Tasks -----------------------------------------------------------------------------------

    def test_check_titles(self) -> None:
        self.books.objects.create(title="kim")
        result = self.mcp.call("check_titles")
        assert result.data == ["kim"]
        told = [message["params"]["message"] for message in result.messages]
        assert "Checked Dune" in told

    def test_correct_titles(self) -> None:
        self.books.objects.create(title="kim")
        assert RecordingClient(self.ada, answers=[False]).call("correct_titles").text == "Nothing was corrected."
        assert RecordingClient(self.ada, answers=[True]).call("correct_titles").text == "1 titles were corrected."
        assert self.books.objects.filter(title="Kim").exists()

"""The helpers for a project's own tests, as the library's would use them."""

import time
from datetime import date

import pytest
from django.test import TestCase

from accounts.models import Event
from mcp_api import Context, tool
from mcp_api.testing import McpClient, McpClientError
from tests.library.models import Author, Book, Loan
from tests.support.factories import make_user


@pytest.mark.usefixtures("library", "isolated_registry")
class LibraryTests(TestCase):
    """Django's own TestCase, as most projects have it."""

    def setUp(self) -> None:
        self.reader = make_user("ada")
        author = Author.objects.create(name="Bob Dylan")
        self.book = Book.objects.create(title="Tarantula", author=author, isbn="9780000000001")

    def lend(self, client: McpClient) -> str:
        return client.call("lend_book", book=self.book.pk, until="2030-01-01").text

    def test_a_book_is_lent_once_the_reader_confirms(self) -> None:
        client = McpClient(self.reader, scopes=["library:lend"], answers=[{"sure": True}])
        assert self.lend(client) == "Tarantula is yours until 2030-01-01."
        assert Loan.objects.get().until == date(2030, 1, 1)
        assert [asked["params"]["message"] for asked in client.asked] == ["Lend Tarantula until 2030-01-01?"]

    def test_a_reader_who_declines_gets_nothing(self) -> None:
        assert self.lend(McpClient(self.reader, answers=[None])) == "Nothing was lent."
        assert not Loan.objects.exists()

    def test_a_question_without_an_answer_fails_the_test(self) -> None:
        with pytest.raises(AssertionError, match="Lend Tarantula"):
            self.lend(McpClient(self.reader, answers=[]))

    def test_a_client_that_cannot_ask_is_told_how_it_can(self) -> None:
        with pytest.raises(McpClientError, match=r"Pass answers=\[…\] to McpClient") as refused:
            self.lend(McpClient(self.reader))
        assert refused.value.code == -32021

    def test_only_a_client_that_cannot_be_asked_is_told_to_pass_answers(self) -> None:
        with pytest.raises(McpClientError) as refused:
            McpClient(self.reader).request("subscriptions/listen", {"notifications": {"taskIds": ["a"]}})
        assert refused.value.code == -32021
        assert "answers" not in str(refused.value)

    def test_scopes_and_permissions_count(self) -> None:
        with pytest.raises(McpClientError) as refused:
            self.lend(McpClient(self.reader, scopes=["read"]))
        assert refused.value.code == 403
        with pytest.raises(McpClientError, match="Unknown tool"):
            McpClient(self.reader).call("find_books", title="a")

    def test_a_tool_that_requires_tasks_runs_to_its_end(self) -> None:
        @tool(task="required", task_after=0)
        def renew(context: Context, days: int) -> str:
            return f"Renewed for {days} days: {context.confirm('Renew?')}"

        result = McpClient(self.reader, answers=[True]).call("renew", days=7)
        assert result.text == "Renewed for 7 days: True"

    def test_errors_for_the_model_are_results(self) -> None:
        result = McpClient(self.reader).call("lend_book", book=0, until="2030-01-01")
        assert result.is_error
        assert result.text == "There is no book 0."

    def test_data_is_what_the_function_returned(self) -> None:
        client = McpClient(self.reader)
        assert client.call("echo", text="hello").data == "hello"
        assert client.call("get_user_info").data["username"] == "ada"

    def test_progress_and_log_messages_are_kept(self) -> None:
        @tool(read_only=True)
        def slow(context: Context) -> str:
            context.progress(1, 2)
            context.log("half")
            return "done"

        result = McpClient(self.reader).call("slow")
        assert result.data == "done"
        assert [message["method"] for message in result.messages] == ["notifications/progress", "notifications/message"]

    def test_no_call_is_given_up_at_a_breakpoint(self) -> None:
        @tool(timeout=0.1)
        def stop() -> str:
            Book.objects.update(title="Stopped")
            time.sleep(0.5)
            return "gone on"

        assert McpClient(self.reader).call("stop").data == "gone on"
        assert Book.objects.get().title == "Stopped"

    def test_message_that_json_cannot_hold_fails_the_tool_and_not_its_stream(self) -> None:
        @tool(read_only=True)
        def odd(context: Context, what: str) -> str:
            context.log({"when": date(2030, 1, 1), "how many": float("inf")})
            context.progress(1, message="\ud800" if what == "message" else "fine")
            context.log(object() if what == "data" else "fine")
            return "done"

        assert McpClient(self.reader).call("odd", what="nothing").data == "done"
        for what, heard in (("message", 1), ("data", 2)):
            result = McpClient(self.reader).call("odd", what=what)
            assert result.is_error
            assert len(result.messages) == heard
            assert result.messages[0]["params"]["data"] == {"when": "2030-01-01", "how many": None}

    def test_resources_and_prompts_are_read_and_listed(self) -> None:
        client = McpClient(self.reader)
        assert "Tarantula" in client.read(f"library://books/{self.book.pk}")["text"]
        assert "novel" in client.prompt("recommend", genre="novel")[0]["content"]["text"]
        assert "recommend" in client.prompts()
        assert "library://books/{number}" in client.resources()
        assert "lend_book" in client.tools()
        with pytest.raises(McpClientError, match="not found"):
            client.read("library://books/0")

    def test_arguments_are_completed(self) -> None:
        client = McpClient(self.reader)
        assert client.complete("recommend", "genre", "no") == ["novel"]
        with pytest.raises(McpClientError, match="no argument"):
            client.complete("library://books/{number}", "none")

    def test_names_of_any_script_pass(self) -> None:
        with pytest.raises(McpClientError, match="Grüße"):
            McpClient(self.reader).call("Grüße, 世界")

    def test_calls_are_recorded_as_in_earnest(self) -> None:
        McpClient(self.reader).call("echo", text="hello")
        event = Event.objects.get(action="tools/call echo")
        assert (event.username, event.client_name) == ("ada", "Test client")

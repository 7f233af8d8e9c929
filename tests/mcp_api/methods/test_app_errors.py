"""Errors of Django and REST framework for people: their text reaches the model, and nothing else does."""

from typing import Annotated, Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy
from mcp_types.jsonrpc import INVALID_PARAMS
from pydantic import AfterValidator
from rest_framework import exceptions

from accounts.models import Event
from mcp_api import ToolError, prompt, resource, tool
from tests.library.models import Book
from tests.mcp_api.conftest import Caller, error_of
from tests.support.mcp.tool_results import has_only_a_reference, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


def result_of_raising(caller: Caller, error: BaseException) -> dict[str, Any]:
    @tool
    def stumble() -> str:
        Group.objects.create(name="written")
        raise error

    result = caller.call("stumble")
    assert result["isError"] is True
    assert not Group.objects.filter(name="written").exists()
    return result


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValidationError("The date lies in the past."), "The date lies in the past."),
        (ValidationError(["One.", "Two."]), "One.\nTwo."),
        (ValidationError({"title": ["Too long."], "__all__": ["No such pair."]}), "title: Too long.\nNo such pair."),
        (ValidationError("%(n)s books at most.", params={"n": 3}), "3 books at most."),
        (PermissionDenied("Only librarians may do that."), "Only librarians may do that."),
        (ToolError(), "The tool refused the call, and gave no reason."),
        (PermissionDenied(), "You do not have permission to do that."),
        (Http404("No such shelf."), "No such shelf."),
        (Http404(), "Nothing was found."),
        (Http404({"tried": ["hunter2/"], "path": "x"}), "Nothing was found."),
        (PermissionDenied(gettext_lazy("Yes")), "Yes"),
        (ExceptionGroup("tasks", [ToolError("One."), PermissionDenied("Two."), ToolError("One.")]), "One.\nTwo."),
        (ExceptionGroup("tasks", [ExceptionGroup("inner", [Http404("No such shelf.")])]), "No such shelf."),
        (ObjectDoesNotExist(), "Nothing was found."),
        (exceptions.NotFound(), "Not found."),
        (exceptions.PermissionDenied("Not yours."), "Not yours."),
        (exceptions.Throttled(wait=5), "Request was throttled. Expected available in 5 seconds."),
        (exceptions.ValidationError({"a": [{"b": ["Wrong."]}], "non_field_errors": ["All."]}), "a.b: Wrong.\nAll."),
    ],
)
def test_text_for_people_reaches_the_model(caller: Caller, error: BaseException, text: str) -> None:
    assert text_of(result_of_raising(caller, error)) == text
    event = Event.objects.get(action="tools/call stumble")
    assert (event.outcome, event.reason) == ("failed", "tool_error")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.APIException("hunter2"),
        IntegrityError("hunter2"),
        Book.MultipleObjectsReturned("hunter2"),
        ValueError("hunter2"),
        ExceptionGroup("tasks", [ToolError("hunter2"), ValueError("hunter2")]),
    ],
)
def test_text_of_a_defect_does_not(caller: Caller, error: BaseException) -> None:
    assert has_only_a_reference(result_of_raising(caller, error), "hunter2")


def test_missing_row_is_named_by_its_model(caller: Caller) -> None:
    @tool
    def get(pk: int, shortcut: bool) -> str:
        return str(get_object_or_404(Book, pk=pk) if shortcut else Book.objects.get(pk=pk))

    assert text_of(caller.call("get", pk=1, shortcut=True)) == "No Book matches the given query."
    assert text_of(caller.call("get", pk=1, shortcut=False)) == "Book matching query does not exist."


def test_value_that_is_taken_is_told_without_the_value(caller: Caller, django_user_model: Any) -> None:
    django_user_model.objects.create(username="hunter2")

    @tool
    def add() -> str:
        with transaction.atomic():
            django_user_model.objects.create(username="hunter2")
        return "done"

    assert text_of(caller.call("add")) == "A value that must be unique is taken already."


def test_text_is_cut(caller: Caller) -> None:
    assert len(text_of(result_of_raising(caller, ValidationError("x" * 100_000)))) == 2000


def test_async_tool_is_told_alike(caller: Caller) -> None:
    @tool
    async def stumble() -> str:
        raise ValidationError("The date lies in the past.")

    assert text_of(caller.call("stumble")) == "The date lies in the past."


def test_prompt_and_resource_are_told_alike(caller: Caller) -> None:
    @prompt(name="stumbling")
    def stumble() -> str:
        raise PermissionDenied("Only librarians may do that.")

    @resource("stumbling://a")
    def missing() -> str:
        raise Http404("No such shelf.")

    error = error_of(caller.legacy("prompts/get", {"name": "stumbling"}))
    assert (error["code"], error["message"]) == (-32602, "Only librarians may do that.")
    error = error_of(caller.legacy("resources/read", {"uri": "stumbling://a"}))
    assert (error["code"], error["message"]) == (-32002, "No such shelf.")


def existing(pk: int) -> int:
    return Group.objects.get(pk=pk).pk


Mail = Annotated[str, AfterValidator(lambda text: validate_email(text) or text)]


def test_validator_of_the_app_may_raise_what_the_tool_may(caller: Caller) -> None:
    @tool
    def write(mail: Mail, group: Annotated[int, AfterValidator(existing)]) -> str:
        return "written"

    group = Group.objects.create(name="readers").pk
    assert "Enter a valid email address." in text_of(caller.call("write", mail="nobody", group=group))
    assert "Group matching query does not exist." in text_of(caller.call("write", mail="ada@example.com", group=0))
    assert text_of(caller.call("write", mail="ada@example.com", group=group)) == "written"
    reasons = Event.objects.filter(action="tools/call write").values_list("reason", flat=True)
    assert sorted(reasons) == ["", "invalid_arguments", "invalid_arguments"]


def test_validator_of_a_prompt_and_a_resource_may_too(caller: Caller) -> None:
    @prompt
    def write(mail: Mail) -> str:
        return mail

    @resource("mails://{mail}")
    def mails(mail: Mail) -> str:
        return mail

    asked = caller.modern("prompts/get", {"name": "write", "arguments": {"mail": "nobody"}})
    assert "Enter a valid email address." in error_of(asked)["message"]
    assert error_of(caller.modern("resources/read", {"uri": "mails://nobody"}))["code"] == INVALID_PARAMS

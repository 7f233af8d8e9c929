"""Constraints that the database checks when the transaction of a call ends, such as those of foreign keys."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import Event
from mcp_api import tool
from tests.library.models import Loan
from tests.mcp_api.conftest import Caller
from tests.support.mcp.tool_results import refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("isolated_registry")]


def test_reference_to_a_missing_row_is_told_to_the_model_and_nothing_stays(caller: Caller) -> None:
    @tool
    def lend() -> str:
        Group.objects.create(name="written")
        Loan.objects.create(book_id=99_999, reader_id=99_999, until="2030-01-01")
        return "lent"

    assert refusal(caller.call("lend")).startswith("A value refers to something that does not exist")
    assert not Group.objects.filter(name="written").exists()
    [event] = Event.objects.filter(action="tools/call lend")
    assert (event.outcome, event.reason) == ("failed", "tool_error")

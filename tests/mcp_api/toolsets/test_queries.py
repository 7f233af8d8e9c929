"""A toolset costs no query: it is read together with the rules, when their revision changes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mcp_api.models import Toolset
from tests.mcp_api.conftest import Caller, verbs_of
from tests.mcp_api.toolsets.conftest import caller_at

REQUESTS: list[Callable[[Caller], Any]] = [
    lambda caller: caller.call("invoice_total"),
    lambda caller: caller.modern("tools/list"),
    lambda caller: caller.legacy("ping"),
]


@pytest.mark.parametrize("request_of", REQUESTS)
def test_a_request_takes_as_many_queries_as_at_the_first_endpoint(
    at_billing: Caller, request_of: Callable[[Caller], Any]
) -> None:
    def queries(caller: Caller) -> list[str]:
        request_of(caller)
        with CaptureQueriesContext(connection) as captured:
            request_of(caller)
        return verbs_of(captured)

    assert queries(at_billing) == queries(caller_at("", like=at_billing))


def test_a_change_is_read_once(at_billing: Caller, billing: Toolset) -> None:
    at_billing.modern("tools/list")
    billing.title = "Invoices"
    billing.save()
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            at_billing.modern("tools/list")
        counts.append(len(captured))
    assert counts[0] > counts[1] == counts[2]

"""The seam: what an extension of a project adds is negotiated, validated and called as the rest of MCP is."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Event
from mcp_api import tool
from mcp_api.checks.server_settings import check_extensions
from mcp_api.extensions import registry
from mcp_api.protocol import headers
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.extensions.loans import IDENTIFIER, Loans
from tests.mcp_api.messages import CAPABILITIES_KEY, initialize, meta, modern

pytestmark = pytest.mark.django_db

DECLARED: dict[str, Any] = {"extensions": {IDENTIFIER: {}}}


@pytest.fixture(autouse=True)
def loans(isolated_extensions: None) -> None:
    registry.register(Loans())


def ask(caller: Caller, method: str, params: dict[str, Any], *, declared: Any = DECLARED, name: str = "b1") -> Any:
    body, sent = modern(method, {**params, "_meta": {**meta(), CAPABILITIES_KEY: declared}})
    return caller.send(body, {**sent, "Mcp-Name": name})


def test_capabilities_of_both_eras_name_it(caller: Caller) -> None:
    discovered = result_of(caller.modern("server/discover"))
    initialized = result_of(caller.send(initialize("2025-11-25")))
    assert discovered["capabilities"]["extensions"][IDENTIFIER] == {"most": 3}
    assert initialized["capabilities"]["extensions"][IDENTIFIER] == {"most": 3}


def test_an_extension_with_nothing_to_offer_is_not_named(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loans, "settings", lambda self: None)
    assert IDENTIFIER not in result_of(caller.modern("server/discover"))["capabilities"].get("extensions", {})


def test_its_method_is_called_with_the_principal_and_sends_only_its_model(caller: Caller) -> None:
    result = result_of(ask(caller, "loans/get", {"bookId": "b1"}))
    assert {**result, "_meta": None} == {"resultType": "complete", "borrower": "ada has b1", "_meta": None}


@pytest.mark.parametrize("declared", [{}, {"extensions": {}}, {"extensions": []}, {"extensions": {IDENTIFIER: True}}])
def test_client_that_does_not_declare_it_is_told_what_to_declare(caller: Caller, declared: Any) -> None:
    response = ask(caller, "loans/get", {"bookId": "b1"}, declared=declared)
    error = error_of(response)
    assert (response.status_code, error["code"]) == (400, -32021)
    assert error["data"] == {"requiredCapabilities": {"extensions": {IDENTIFIER: {}}}}


@pytest.mark.parametrize("params", [{"bookId": 7}, {"bookId": None}])
def test_parameters_that_do_not_fit_are_invalid(caller: Caller, params: dict[str, Any]) -> None:
    response = ask(caller, "loans/open", params)
    assert (response.status_code, error_of(response)["code"]) == (400, -32602)
    assert "bookId" in error_of(response)["message"]


def test_header_that_differs_from_the_named_parameter_is_refused(caller: Caller) -> None:
    response = ask(caller, "loans/get", {"bookId": "b1"}, name="b2")
    assert (response.status_code, error_of(response)["code"]) == (400, -32020)


def test_legacy_revisions_have_the_methods_that_say_so(caller: Caller) -> None:
    assert result_of(caller.legacy("loans/open", {"bookId": "b1"})) == {"borrower": "ada has b1"}
    error = error_of(caller.legacy("loans/get", {"bookId": "b1"}))
    assert error["code"] == -32601
    assert "2025-11-25 does not have it" in error["message"]


def test_result_type_of_an_extension_passes_for_clients_that_declare_it(caller: Caller, tools: Any) -> None:
    tool(name="lend")(lambda: "lent")
    call = {"name": "lend", "arguments": {}}
    taken = result_of(ask(caller, "tools/call", call, name="lend"))
    plain = result_of(ask(caller, "tools/call", call, name="lend", declared={}))
    assert (taken["resultType"], taken["receiptId"]) == ("receipt", "r1")
    assert plain["content"] == [{"type": "text", "text": "lent"}]


def test_call_of_its_method_is_recorded(caller: Caller) -> None:
    ask(caller, "loans/get", {"bookId": "b1"})
    event = Event.objects.filter(kind=Event.Kind.MCP).get()
    assert (event.action, event.outcome) == ("loans/get", "ok")


@pytest.mark.usefixtures("isolated_extensions")
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("library.nothing.Here", "No module named"),
        ("tests.mcp_api.extensions.loans.Missing", "Missing"),
        ("nonsense", "nonsense"),
        ("tests.mcp_api.extensions.loans.Loans", "this server has"),
    ],
)
def test_extension_that_cannot_be_registered_is_a_problem(settings: Settings, path: str, problem: str) -> None:
    settings.EXTENSIONS = [path]
    registry.load()
    assert [problem in found for found in registry.problems] == [True]
    assert [message.id for message in check_extensions()] == ["mcp_api.E025"]


def test_method_of_the_specification_cannot_be_replaced() -> None:
    class Bad(Loans):
        identifier = "org.example/bad"
        methods = {"tools/list": Loans.methods["loans/get"]}
        result_types = {}

    with pytest.raises(ValueError, match="tools/list"):
        registry.register(Bad())
    assert "tools/list" not in headers.NAMED_BY

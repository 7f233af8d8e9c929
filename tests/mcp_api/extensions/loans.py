"""An extension as a project would bring it: a method, a result type of `tools/call`, and notifications."""

from collections.abc import Iterable
from typing import Any

from mcp_api.calls.call import Call
from mcp_api.extensions.extension import Extension, Handler, Method, Params, Result, Wire

IDENTIFIER = "org.example/loans"
TOPIC = "loans"


class LoanParams(Wire):
    book_id: str


class LoanResult(Result):
    borrower: str


class Receipt(Result):
    receipt_id: str


def get_loan(call: Call) -> dict[str, Any]:
    return {"borrower": f"{call.principal.user} has {call.request.params['bookId']}", "secret": "not on the wire"}


class Loans(Extension):
    identifier = IDENTIFIER
    methods = {
        "loans/get": Method(handler=get_loan, params=LoanParams, result=LoanResult, named_by="bookId"),
        "loans/open": Method(
            handler=get_loan, params=LoanParams, result=LoanResult, needs_declaration=False, in_legacy=True
        ),
    }
    result_types = {"receipt": Receipt}
    runs_calls = True

    def settings(self) -> dict[str, Any]:
        return {"most": 3}

    def handler_of(self, call: Call) -> Handler | None:
        is_mine = call.request.params.get("name") == "lend" and self.is_declared(call)
        return (lambda call: {"resultType": "receipt", "receiptId": "r1"}) if is_mine else None

    def honoured(self, call: Call, asked: Params) -> Params:
        if "loans" not in asked:
            return {}
        self.require_declared(call)
        return {"loans": asked["loans"]}

    def topics(self, honoured: Params) -> Iterable[str]:
        return [TOPIC] if "loans" in honoured else []

    def notification(self, call: Call, honoured: Params, body: dict[str, Any]) -> tuple[str, Params] | None:
        book = body["params"]["bookId"]
        return ("notifications/loans", {"bookId": book}) if book in honoured.get("loans", ()) else None

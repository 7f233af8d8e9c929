"""Two toolsets, and a client that has a token for each endpoint."""

from collections.abc import Iterator

import pytest

from mcp_api import prompt, resource, tool
from mcp_api.models import Toolset
from mcp_api.toolsets.declarations import declarations
from tests.mcp_api.conftest import Caller, put_back
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

OWN = "http://localhost/mcp"


@pytest.fixture(autouse=True)
def primitives(isolated_registry: None) -> Iterator[None]:
    """Declare the primitives of an app: some about invoices, some about loans."""

    @tool(read_only=True)
    def invoice_total() -> int:
        """Return the total."""
        return 7

    @tool(scopes="write")
    def loan_end() -> str:
        """End a loan."""
        return "ended"

    @resource("invoice://{number}")
    def invoice(number: int) -> str:
        """An invoice."""
        return f"invoice {number}"

    @resource("loan://all")
    def loans() -> str:
        """All loans."""
        return "loans"

    @prompt
    def invoice_letter() -> str:
        """Write a letter."""
        return "Write."

    @prompt
    def loan_letter() -> str:
        """Write a letter."""
        return "Write."

    with put_back(declarations):
        yield


@pytest.fixture
def billing(db: None) -> Toolset:
    return Toolset.objects.create(
        name="billing", title="Billing", instructions="About invoices.", include="invoice_*\ninvoice://*"
    )


@pytest.fixture
def lending(db: None) -> Toolset:
    return Toolset.objects.create(name="lending", title="Lending", include="loan_*\nloan://*")


def caller_at(name: str, *, like: Caller | None = None, scope: str = "read write") -> Caller:
    """A client of Ada with a token for the endpoint `name`, or of the person and client of another caller."""
    person = like.person if like is not None else make_user()
    client = like.client if like is not None else make_client()
    identifier = f"{OWN}/{name}" if name else OWN
    authorization = make_authorization(person, client, scope=scope, resource=identifier if name else "")
    access, _, raw = make_tokens(authorization, resource=identifier)
    return Caller(access, raw, f"/mcp/{name}" if name else "/mcp")


@pytest.fixture
def at_billing(billing: Toolset) -> Caller:
    return caller_at("billing")


@pytest.fixture
def at_lending(lending: Toolset, at_billing: Caller) -> Caller:
    """The same person and client."""
    return caller_at("lending", like=at_billing)

"""A call whose authorization ends while it runs does not hand over its result."""

import pytest

from accounts.models import Authorization, Event
from accounts.revocation.authorizations import revoke
from mcp_api import prompt, tool
from mcp_api.execution import admission
from tests.mcp_api.conftest import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]


@pytest.fixture(autouse=True)
def every_call_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "LONG_SECONDS", 0.0)


@pytest.mark.parametrize("timeout", [10, None])
def test_result_of_a_long_call_is_not_handed_over_once_its_authorization_was_revoked(
    writer: Caller, timeout: float | None
) -> None:
    @tool(timeout=timeout)
    def withdraw() -> str:
        revoke(Authorization.objects.all(), reason="tested")
        return "the secret"

    response = writer.modern("tools/call", {"name": "withdraw", "arguments": {}})
    assert response.status_code == 401
    assert b"the secret" not in response.content
    assert list(Event.objects.filter(kind=Event.Kind.MCP).order_by("pk").values_list("outcome", flat=True)) == [
        "ok",
        "refused",
    ]


def test_content_of_a_long_prompt_is_not_handed_over_either(writer: Caller) -> None:
    @prompt
    def withdraw() -> str:
        revoke(Authorization.objects.all(), reason="tested")
        return "the secret"

    assert writer.modern("prompts/get", {"name": "withdraw"}).status_code == 401


def test_result_of_a_long_call_is_handed_over_while_its_token_lives(writer: Caller) -> None:
    @tool
    def stay() -> str:
        """Take long."""
        return "the secret"

    assert writer.call("stay")["structuredContent"] == {"result": "the secret"}

"""The scopes that a tool requires."""

import pytest

from mcp_api import tool
from tests.mcp_api.conftest import make_caller
from tests.support.mcp.tool_results import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def publish(tools) -> None:
    @tool(scopes=["read", "write"])
    def publish() -> str:
        return "done"


@pytest.mark.usefixtures("publish")
@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_challenge_names_the_scopes_that_the_token_lacks(caller, era):
    response = getattr(caller, era)("tools/call", {"name": "publish"})
    assert response.status_code == 403
    assert response.json()["error"] == "insufficient_scope"
    assert response["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", error_description="This requires the scope read write.", '
        'scope="read write", '
        'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'
    )


@pytest.mark.usefixtures("publish")
def test_all_scopes_of_a_tool_are_needed():
    assert make_caller(scope="write").modern("tools/call", {"name": "publish"}).status_code == 403


@pytest.mark.usefixtures("publish")
def test_token_with_the_scopes_is_served(writer):
    assert text_of(writer.call("publish")) == "done"


@pytest.mark.usefixtures("publish")
def test_scopes_are_asked_for_before_arguments_are_looked_at(caller):
    response = caller.modern("tools/call", {"name": "publish", "arguments": {"unknown": 1}})
    assert response.status_code == 403


def test_unknown_tool_never_asks_for_scopes(caller):
    assert caller.modern("tools/call", {"name": "unknown"}).status_code == 400

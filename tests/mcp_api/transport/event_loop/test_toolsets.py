"""Toolsets under an event loop: the same as under WSGI."""

import json

import pytest
from django.contrib.auth.models import Group

from mcp_api.models import Toolset
from tests.mcp_api.conftest import Caller
from tests.mcp_api.toolsets.conftest import caller_at
from tests.mcp_api.transport.event_loop.conftest import Loop, Reply, request

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


def sent(loop: Loop, caller: Caller, url: str, name: str = "echo") -> Reply:
    post = request(caller, "tools/call", {"name": name, "arguments": {"text": "hi"} if name == "echo" else {}})
    post.scope["path"] = url
    return loop.send(post)[0]


@pytest.fixture
def small(transactional_db: None) -> Toolset:
    return Toolset.objects.create(name="small", include="echo")


@pytest.mark.parametrize("slash", ["", "/"])
def test_only_the_tools_of_the_set_are_known(loop: Loop, small: Toolset, slash: str) -> None:
    caller = caller_at("small")
    assert sent(loop, caller, f"/mcp/small{slash}").status == 200
    assert "Unknown tool" in json.dumps(json.loads(sent(loop, caller, "/mcp/small", "get_time").body))


def test_a_token_for_another_endpoint_is_refused(loop: Loop, small: Toolset) -> None:
    refused = sent(loop, caller_at("small"), "/mcp")
    assert refused.status == 401
    refused = sent(loop, caller_at(""), "/mcp/small")
    assert refused.status == 401
    metadata = "http://localhost/.well-known/oauth-protected-resource/mcp/small"
    assert f'resource_metadata="{metadata}"' in refused.headers["www-authenticate"]


def test_a_change_holds_from_the_next_request_on(loop: Loop, small: Toolset) -> None:
    caller = caller_at("small")
    staff = Group.objects.create(name="Staff")
    small.groups.add(staff)
    assert sent(loop, caller, "/mcp/small").status == 400
    caller.person.groups.add(staff)
    assert sent(loop, caller, "/mcp/small").status == 200
    small.enabled = False
    small.save()
    assert sent(loop, caller, "/mcp/small").status == 404
    caller.raw = ""
    assert sent(loop, caller, "/mcp/small").status == 404
    assert sent(loop, caller, "/mcp/nope").status == 404


def test_other_paths_are_left_to_django(loop: Loop, small: Toolset) -> None:
    post = request(caller_at("small"), "tools/list")
    post.scope["path"] = "/mcp/small/x"
    assert loop.leaves(post)

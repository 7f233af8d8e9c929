"""Toolsets over real HTTP, in every process: their tools, streams, sessions and notifications."""

from collections.abc import Iterator

import pytest

from tests.streams.listening import EVERYTHING, announce, listen
from tests.streams.wire import Wire
from tests.support.servers.server import LiveServer

MAKE = """
from mcp_api.models import Toolset
Toolset.objects.all().delete()
Toolset.objects.create(name="one", include="announce")
Toolset.objects.create(name="two", include="announce")
"""
TOKEN = """
from django.conf import settings
from tests.support.factories import make_authorization, make_tokens
resource = f"{{settings.PUBLIC_URL}}/mcp/{name}"
client = Authorization.objects.get(consent__user__username={person!r}).consent.client
mine = make_authorization(User.objects.get(username={person!r}), client, resource=resource)
print(make_tokens(mine, resource=resource)[2])
"""


@pytest.fixture
def toolsets(server: LiveServer) -> Iterator[None]:
    server.shell(MAKE)
    yield
    server.shell("from mcp_api.models import Toolset; Toolset.objects.all().delete()")


def at(name: str, server: LiveServer) -> Wire:
    """A person whose token is for the endpoint `name`."""
    wire = Wire(server)
    token = server.shell(TOKEN.format(name=name, person=wire.username)).strip()
    wire.url, wire.headers = f"{server.mcp_url}/{name}", {**wire.headers, "Authorization": f"Bearer {token}"}
    return wire


def change(server: LiveServer, name: str, **fields: object) -> None:
    server.shell(
        f"from mcp_api.models import Toolset; found = Toolset.objects.get(name={name!r}); "
        f"vars(found).update({fields!r}); found.save()"
    )


def test_a_change_is_live_in_every_process(server: LiveServer, toolsets: None) -> None:
    wire = at("one", server)

    def statuses() -> set[int]:
        return {wire.post(**wire.tool("announce", what="tools")).status_code for _ in range(8)}

    assert statuses() == {200}
    change(server, "one", include="nothing")
    assert statuses() == {400}
    change(server, "one", enabled=False)
    assert statuses() == {404}


def test_only_clients_of_the_changed_set_are_told(server: LiveServer, toolsets: None) -> None:
    one, two, first = at("one", server), at("two", server), Wire(server)
    with listen(one, **EVERYTHING) as of_one, listen(two, **EVERYTHING) as of_two, listen(first, **EVERYTHING) as all_:
        for stream in (of_one, of_two, all_):
            stream.message()
        change(server, "one", title="Another")
        told = [of_one.message() for _ in range(3)]
        assert {each["method"] for each in told} == {
            f"notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources")
        }
        assert all("endpoint" not in each for each in told)
        # The next that the others hear of is for everybody.
        announce(first, "prompts")
        for stream in (of_two, all_):
            assert stream.message()["method"] == "notifications/prompts/list_changed"


def test_a_legacy_stream_hears_of_its_own_set(server: LiveServer, toolsets: None) -> None:
    one, two = at("one", server).initialize(), at("two", server).initialize()
    with one.get() as of_one, two.get() as of_two:
        of_one.next()
        of_two.next()
        change(server, "two", title="Another")
        change(server, "one", title="Another")
        assert of_one.message()["method"] == "notifications/tools/list_changed"
        assert of_two.message()["jsonrpc"] == "2.0"
    two.url = one.url
    assert two.post(**two.legacy("ping")).status_code == 401
    two.url, two.headers = one.url, one.headers
    assert two.post(**two.legacy("ping")).status_code == 404

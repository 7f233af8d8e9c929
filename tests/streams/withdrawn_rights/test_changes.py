"""Streams of changes end, or skip what the person may no longer read."""

import pytest

from tests.streams.listening import announce, listen
from tests.streams.wire import Stream, Wire
from tests.streams.withdrawn_rights.rights import NEWS, Act, guarded
from tests.support.servers.server import LiveServer


def told_after(wire: Wire, stream: Stream) -> list[str]:
    """The URIs that the stream tells of, of one that is guarded and one that is not."""
    announce(wire, "resource", NEWS)
    announce(wire, "resource", "news://sport")
    uris = [updated(stream)]
    return uris if uris == ["news://sport"] else [*uris, updated(stream)]


def updated(stream: Stream) -> str:
    """The next URI that the stream tells of: it may tell of lists in between."""
    return next(event.data["params"]["uri"] for event in stream if event.data and "uri" in event.data["params"])


NEWS_WITHDRAWALS = {
    "the permission": ("person.user_permissions.clear()", "person.user_permissions.add(permission)"),
    "the resource": (
        guarded("resource", NEWS) + "policy.enabled = False; policy.save()",
        guarded("resource", NEWS) + "policy.enabled = True; policy.save()",
    ),
    "the scope": (
        guarded("resource", NEWS) + "policy.scopes = 'write'; policy.save()",
        guarded("resource", NEWS) + "policy.scopes = ''; policy.save()",
    ),
}


@pytest.mark.parametrize("what", NEWS_WITHDRAWALS)
def test_listener_is_not_told_of_a_resource_that_the_person_may_not_read_any_more(permitted: Wire, act: Act, what: str):
    withdraw, give_back = NEWS_WITHDRAWALS[what]
    with listen(permitted, resourceSubscriptions=[NEWS, "news://sport"]) as stream:
        assert stream.message()["params"]["notifications"]["resourceSubscriptions"] == [NEWS, "news://sport"]
        assert told_after(permitted, stream) == [NEWS, "news://sport"]
        act(withdraw)
        assert told_after(permitted, stream) == ["news://sport"]
        act(give_back)
        assert told_after(permitted, stream) == [NEWS, "news://sport"]


@pytest.mark.parametrize("what", NEWS_WITHDRAWALS)
def test_legacy_session_is_not_told_of_a_resource_that_the_person_may_not_read_any_more(
    permitted: Wire, act: Act, what: str
):
    for uri in (NEWS, "news://sport"):
        assert permitted.post(**permitted.legacy("resources/subscribe", {"uri": uri})).json()["result"] == {}
    with permitted.get() as stream:
        primed = stream.next()
        assert told_after(permitted, stream) == [NEWS, "news://sport"]
        act(NEWS_WITHDRAWALS[what][0])
        assert told_after(permitted, stream) == ["news://sport"]
    # What was posted while the person might read it is not told later either.
    with permitted.get(**{"Last-Event-ID": primed.id}) as stream:
        announce(permitted, "resource", "news://weather")
        announce(permitted, "resource", "news://sport")
        # The other was posted first. Of several changes of one resource, one may be told.
        assert updated(stream) == "news://sport"


SUSPEND_AND_ANNOUNCE = "from mcp_api import tools_changed; person.is_active = False; person.save(); tools_changed()"


def test_listener_whose_person_was_suspended_is_told_of_no_list(permitted: Wire, act: Act):
    with listen(permitted, toolsListChanged=True) as stream:
        stream.message()
        act(SUSPEND_AND_ANNOUNCE)
        assert [message for message in stream.messages() if "method" in message] == []


def test_legacy_session_whose_person_was_suspended_is_told_of_no_list(permitted: Wire, act: Act):
    with permitted.get() as stream:
        stream.next()
        act(SUSPEND_AND_ANNOUNCE)
        assert stream.messages() == []


def test_listener_with_a_dead_token_is_told_nothing_more(permitted: Wire, server: LiveServer):
    other = Wire(server)
    with listen(permitted, resourceSubscriptions=["news://sport"]) as stream:
        stream.message()
        permitted.revoke()
        announce(other, "resource", "news://sport")
        assert [message for message in stream.messages() if "method" in message] == []

"""Several hosts on one database need nothing else: what begins at one goes on, and ends, at another.

The first keeps its connections to PostgreSQL in a pool, and the second has one for each thread.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import NamedTuple

import pytest

from tests.streams.conftest import SETTINGS, serve
from tests.streams.listening import EVERYTHING, announce, listen
from tests.streams.questions import answered, rename
from tests.streams.wire import Wire, methods_of
from tests.support.database import Database, Template
from tests.support.servers.server import LiveServer

YES = {"action": "accept", "content": {"sure": True}}
POOL = 4


class FurtherHost(LiveServer):
    """One more server behind the same address, with the database of `first` and nothing else of it."""

    def __init__(self, template: Template, first: LiveServer) -> None:
        self.first = first
        super().__init__(template, workers=1, env={**SETTINGS, "PUBLIC_URL": first.url})

    def _make_database(self, template: Template) -> Database:
        shared = copy(self.first.database)
        shared.drop = lambda: None  # type: ignore[method-assign] # the first one does
        return shared


class Hosts(NamedTuple):
    first: LiveServer
    second: LiveServer


@pytest.fixture(scope="module")
def hosts(template: Template) -> Iterator[Hosts]:
    with serve(template, workers=1, DATABASE_POOL=str(POOL)) as first, FurtherHost(template, first) as second:
        yield Hosts(first, second)


@pytest.fixture
def here(hosts: Hosts) -> Wire:
    return Wire(hosts.first)


@pytest.fixture
def there(here: Wire, hosts: Hosts) -> Wire:
    """The same client, sent to the other host by whatever balances between them."""
    moved = copy(here)
    moved.server = hosts.second
    return moved


def test_session_goes_on_at_another_host_and_its_questions_are_answered_there(here: Wire, there: Wire):
    here.initialize()
    there.version, there.session_id = here.version, here.session_id
    assert there.post(**there.legacy("ping")).json()["result"] == {}
    with here.stream(**here.legacy_tool("interview")) as stream:
        assert there.answer(stream.message(), YES).status_code == 202
        assert there.answer(stream.message(), YES).status_code == 202
        [result] = stream.messages()
    assert result["result"]["structuredContent"] == {"result": "accept accept"}


def test_question_of_one_host_is_answered_at_another(here: Wire, there: Wire):
    retried = rename(there, **answered(rename(here)["result"]))
    assert "you are Ada now" in str(retried["result"])


def test_change_at_one_host_is_told_at_another(here: Wire, there: Wire):
    with listen(here, **EVERYTHING) as stream, listen(there, **EVERYTHING) as other:
        stream.message(), other.message()
        announce(there, "tools")
        assert stream.message()["method"] == "notifications/tools/list_changed"
        assert other.message()["method"] == "notifications/tools/list_changed"


def test_access_that_is_ended_at_one_host_has_ended_at_another(here: Wire, there: Wire):
    with here.stream(**here.tool("count", to=1000)) as stream:
        stream.next()
        there.revoke()
        assert "result" not in methods_of(stream.messages())
    assert [wire.post(**wire.tool("count", to=1)).status_code for wire in (here, there)] == [401, 401]


def test_more_calls_at_a_time_than_connections_are_all_answered(hosts: Hosts):
    """Each needs one to know its caller and one to run, of which it may keep none while it waits for the other."""
    callers = [Wire(hosts.first) for _ in range(3 * POOL)]
    with listen(callers[0], **EVERYTHING) as stream, ThreadPoolExecutor(len(callers)) as pool:
        stream.message()
        answers = list(pool.map(lambda wire: wire.post(**wire.tool("count", to=3)), callers))
    assert [answer.status_code for answer in answers] == [200] * len(callers)
    assert all("counted to 3" in answer.text for answer in answers)

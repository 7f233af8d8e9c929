"""A modern call that asked goes on wherever its client comes back to (basic/patterns/mrtr)."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_urlsafe

import pytest

from tests.streams.conftest import serve
from tests.streams.questions import answered, rename
from tests.streams.wire import Wire
from tests.support.database import Template


def test_state_is_good_in_whichever_process_it_reaches(wire: Wire):
    said: set[str] = set()
    for _ in range(6):
        asked = rename(wire)["result"]
        assert (asked["resultType"], wire.first_name) == ("input_required", "" if not said else "Ada")
        said.add(rename(wire, **answered(asked))["result"]["structuredContent"]["result"])
    assert {text.rpartition(" ")[0] for text in said} == {"you are Ada now, says process"}


@pytest.mark.parametrize("worker", ["gthread", "asgi"])
def test_state_outlives_a_deploy_with_another_key(template: Template, worker: str):
    old, new = token_urlsafe(50), token_urlsafe(50)
    with serve(template, worker, SECRET_KEY=old) as server:
        wire = Wire(server)
        asked = rename(wire)["result"]
        server.restart(SECRET_KEY=new, SECRET_KEY_FALLBACKS=old)
        assert "you are Ada now" in str(rename(wire, **answered(asked))["result"])
        assert rename(wire, **answered(asked))["error"]["code"] == -32602


def test_state_is_spent_once_when_two_processes_get_it_at_once(wire: Wire):
    asked = rename(wire)["result"]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: rename(wire, **answered(asked)), range(8)))
    assert sum("result" in each for each in results) == 1
    assert {each["error"]["code"] for each in results if "error" in each} == {-32602}

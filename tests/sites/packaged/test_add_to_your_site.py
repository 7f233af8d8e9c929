"""The server in three sites that are not this project, by the wheel and by the page "Add it to your site"."""

from functools import partial
from pathlib import Path

import httpx2
import pytest
from mcp import Client

from tests.clients.python_sdk import Desk, text_of
from tests.sites.packaged.manual import Manual
from tests.sites.packaged.operator import revoke_all
from tests.sites.packaged.site import OF_DJANGO, PackagedSite, Rows
from tests.sites.packaged.sites import KINDS, Kind
from tests.support.packaging.wheel import built_wheel
from tests.support.people.browser import Person

pytestmark = pytest.mark.any_database

PASSWORD = "swordfish-9"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> PackagedSite:
    kind: Kind = request.param
    return PackagedSite(kind, tmp_path)


def test_site_gets_the_server_uses_it_and_loses_it_with_its_data_whole(site: PackagedSite, wheel: Path) -> None:
    before = site.rows()
    with site.served():
        pages = site.pages()
    manual = Manual()
    assert "no issues" in manual.add(site, wheel)
    with site.served():
        assert site.pages() == pages
        use(site)
    manual.take_away(site)
    assert_same(site.rows(), before)
    with site.served():
        assert site.pages() == pages


def use(site: PackagedSite) -> None:
    """Connect an AI client of a person, call the site's own tool, and revoke that in the site's admin."""
    desk = Desk(site)
    desk.person = Person("ada@site.example", PASSWORD)
    assert site.kind.text in desk.use("auto", partial(result_of, name=site.kind.tool))
    assert "ada@site.example" in desk.use("auto", partial(result_of, name="who_am_i"))
    assert any(page.url.path == site.kind.sign_in for page in desk.person.pages)
    assert desk.sign_ins == 1
    assert status(desk) == 200
    page = revoke_all(site, Person("boss@site.example", PASSWORD))
    assert "Access revoked: " in page.text
    assert status(desk) == 401


async def result_of(client: Client, name: str) -> str:
    return text_of(await client.call_tool(name, {}))


def status(desk: Desk) -> int:
    """Return how a call with the client's token is answered."""
    assert desk.memory.tokens
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "who_am_i", "arguments": {}}}
    headers = {"Authorization": f"Bearer {desk.memory.tokens.access_token}"}
    return httpx2.post(desk.url, json=body, headers=headers).status_code


def assert_same(after: Rows, before: Rows) -> None:
    """Django's own tables may have more rows than before; the others are the same, and there are no more of them."""
    assert set(after) == set(before)
    for table, rows in before.items():
        assert rows <= after[table] if table in OF_DJANGO else rows == after[table], table

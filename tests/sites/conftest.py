"""A site whose people have a model of their own, without and with the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sites.connection import PASSWORD
from tests.sites.site import Site

TEMPLATE = Path(__file__).parent / "club_site"
# Made before the server is added.
ROWS = f"""
ada = Member.objects.create_user("ada@club.example", {PASSWORD!r}, clients="hers", consents="hers")
Booking.objects.create(member=ada, court="Court 4")
Member.objects.create_superuser("boss@club.example", {PASSWORD!r})
"""


@pytest.fixture(scope="module")
def site_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with its members, before the server is added."""
    site = Site(TEMPLATE, tmp_path_factory.mktemp("before"))
    site.manage("migrate", "--verbosity", "0")
    site.shell(ROWS)
    site.close()
    yield site
    site.remove()


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory, site_before: Site) -> Iterator[Site]:
    """The same site, to which the server was added."""
    site = Site(TEMPLATE, tmp_path_factory.mktemp("added"), rows=site_before.database)
    site.add_server()
    site.manage("migrate", "--verbosity", "0")
    yield site
    site.remove()


@pytest.fixture
def site(tmp_path: Path, added: Site) -> Iterator[Site]:
    """Another copy of that."""
    site = Site(TEMPLATE, tmp_path, rows=added.database)
    site.add_server()
    yield site
    site.remove()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, added: Site) -> Iterator[Site]:
    """Another copy of that, which is served."""
    yield from serve(Site(TEMPLATE, tmp_path_factory.mktemp("served"), rows=added.database))


@pytest.fixture(scope="module")
def served_by_loop(tmp_path_factory: pytest.TempPathFactory, added: Site) -> Iterator[Site]:
    """Another copy of that, which an event loop serves."""
    yield from serve(Site(TEMPLATE, tmp_path_factory.mktemp("served_by_loop"), rows=added.database), "asgi")


def serve(site: Site, by: str = "wsgi") -> Iterator[Site]:
    site.add_server()
    with site.served(by):
        yield site
    site.remove()

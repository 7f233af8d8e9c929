"""Fixtures of every test: settings of its own, the running server, and what to do without a tool."""

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NoReturn

import django
import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.support.database import Database, Template
from tests.support.migrated import begin_with, migrated_database
from tests.support.servers.server import LiveServer

PROJECT = Path(__file__).resolve().parent.parent

# A folder without any.
NO_CERTIFICATES = str(PROJECT / "tests" / "support")
OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# The fixtures from which a test has a database, directly or through other fixtures.
DATABASES = {"db", "transactional_db", "migrated", "template", "django_db_setup", "site_before"}
# In the settings and in config/gunicorn.py, a variable's name is the first string of its call.
VARIABLE = re.compile(r"""\benv(?:iron)?(?:\.\w+\(|\[)\s*["']([A-Z][A-Z0-9_]*)["']""")
READERS = [*(PROJECT / "config" / "settings").glob("*.py"), PROJECT / "config" / "gunicorn.py"]


def isolate_from_developer() -> None:
    """Replace every setting in the environment by the tests' own, and keep `.env` out.

    This happens when pytest imports this file, before Django reads its settings. That is why
    DJANGO_SETTINGS_MODULE is set here and not in pyproject.toml: from there pytest-django would
    load the settings before any conftest.
    """
    names = {name for module in READERS for name in VARIABLE.findall(module.read_text())}
    for name in [name for name in os.environ if name in names or name.startswith("LIMIT_")]:
        del os.environ[name]
    os.environ.pop("GUNICORN_CMD_ARGS", None)
    os.environ.pop("ADMIN_PASSWORD", None)
    # Each HTTP client would read all certificates of the system, for 25 ms. A test that serves HTTPS names its own.
    os.environ.pop("SSL_CERT_FILE", None)
    os.environ["SSL_CERT_DIR"] = NO_CERTIFICATES
    # Each process that a test starts would compile the project anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update(
        # A library of somebody's own beside the product; servers that tests start have the product alone.
        DJANGO_SETTINGS_MODULE="tests.settings",
        ENV_FILE=os.devnull,
        LOCAL_SETTINGS=os.devnull,
        SECRET_KEY="known to everybody and as long as a key must be: for tests alone",
        PUBLIC_URL="http://localhost",
        # Django keeps what would be sent; servers that tests start print it.
        EMAIL_URL="consolemail://",
        # Never DATABASE_URL: it may name a database that somebody needs. tests/support/postgres.py sets this one.
        DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"),
    )


isolate_from_developer()
django.setup()

# A busy machine is no finding.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

from tests.library import offers as library_offers  # noqa: E402 - needs the apps to be loaded

library_offers.set_aside()


def missing(what: str) -> NoReturn:
    """Skip the running test because this machine lacks something; where CI=true, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI=true: nothing may be missing)", pytrace=False)
    pytest.skip(what)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on SQLite, tests about PostgreSQL alone; on PostgreSQL, tests that use no database."""
    on_postgres = os.environ["DATABASE_URL"].startswith("postgres")
    leave_out(config, items, lambda item: not uses_database(item) if on_postgres else is_marked(item, "postgres_only"))


def leave_out(config: pytest.Config, items: list[pytest.Item], condition: Callable[[pytest.Item], bool]) -> None:
    """Take the items that meet `condition` from `items`, and report them as deselected."""
    left_out = [item for item in items if condition(item)]
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def uses_database(item: pytest.Item) -> bool:
    """Tell whether `item` is marked so, or asks for a server or a database; `postgres_only` counts too."""
    marked = is_marked(item, "django_db") or is_marked(item, "postgres_only")
    return marked or not DATABASES.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The migrated database of the whole run: not to be changed, nor to be connected to while it is copied."""
    own = tmp_path_factory.getbasetemp()
    return migrated_database(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, migrated: Database) -> None:
    begin_with(migrated, connection)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """End what threads of this process have kept open, before the database is dropped: PostgreSQL would refuse that."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(OTHER_SESSIONS)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords by MD5: a slow hash is the point of PBKDF2, and no test is about it."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[quick, *settings.PASSWORD_HASHERS]):
        yield


@pytest.fixture(autouse=True)
def tools_run_here() -> Iterator[None]:
    """No other thread sees what the test's transaction holds. Real ones are tested over real HTTP (tests/streams/)."""
    from mcp_api.testing import in_this_thread  # the apps are loaded by now

    with in_this_thread():
        yield


@pytest.fixture(autouse=True)
def nothing_is_leased() -> None:
    """Begin without a block of calls: those of another test are counted in a database that is rolled back."""
    from accounts.rate_limits import leases  # the apps are loaded by now

    leases.forget()


@pytest.fixture(autouse=True)
def nothing_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the same reason, what is done later is done at once."""
    from accounts import background  # the apps are loaded by now

    monkeypatch.setattr(background, "run_in_background", lambda work: work())


@pytest.fixture
def library() -> Iterator[None]:
    """The tools, resources and prompts of tests/library, beside those of the product."""
    with library_offers.given_back():
        yield


@pytest.fixture(scope="session")
def template(migrated: Database) -> Iterator[Template]:
    """A migrated database with the demo people, which each LiveServer copies."""
    with Template(migrated) as made:
        yield made


@pytest.fixture(scope="session")
def server(template: Template) -> Iterator[LiveServer]:
    """The real application under gunicorn, shared by all tests: leave demo and admin as you found them."""
    with LiveServer(template) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the server printed during a test that failed."""
    report = yield
    running = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(running, LiveServer):
        report.sections.append(("the server's last lines", running.log[-5000:]))
    return report

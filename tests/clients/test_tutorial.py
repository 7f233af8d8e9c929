"""docs/first-tool.md, followed as it is written, in a fresh copy of the project, up to a real client's call."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from mcp import Client
from mcp_types import ElicitResult, TextContent

from tests.clients.python_sdk import Desk
from tests.support.database import Database
from tests.support.packaging.fresh_clone import Project
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port
from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

BRINGING = re.compile(r"^## People\n.*?```\n(.*?)```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, migrated: Database) -> Project:
    return Project(tmp_path_factory.mktemp("tutorial") / "clone", migrated)


@pytest.fixture(scope="module")
def followed(project: Project) -> dict[str, str]:
    return project.follow()


@pytest.fixture
def url(project: Project, followed: dict[str, str]) -> Iterator[str]:
    """The address at which `runserver` serves it."""
    port = free_port()
    command = [sys.executable, "manage.py", "runserver", "--noreload", str(port)]
    with subprocess.Popen(command, cwd=project.folder, env=project.environment) as server:
        url = f"http://localhost:{port}"
        for _ in range(PATIENCE_SECONDS * 5):
            try:
                httpx2.get(f"{url}/health")
                break
            except httpx2.HTTPError:
                time.sleep(0.2)
        yield url
        server.terminate()


def last(printed: dict[str, str], command: str) -> str:
    [found] = [output for asked, output in printed.items() if command in asked]
    return found


def test_every_command_works_as_written(followed: dict[str, str]) -> None:
    assert '"Dune"' in last(followed, "mcp call find_books")
    assert "Dune is yours now." in last(followed, "mcp call lend_book")


def test_its_own_test_passes(project: Project, followed: dict[str, str]) -> None:
    assert "OK" in project.run(".venv/bin/python manage.py test library")


def test_its_code_is_clean_for_make_lint(project: Project, followed: dict[str, str]) -> None:
    project.run("touch .venv/.installed .venv/.installed-tests")
    assert "no issues found" in project.run(f"make lint CODE=library BIN={Path(sys.executable).parent}")


def test_checks_find_nothing_wrong_with_it(project: Project, followed: dict[str, str]) -> None:
    assert "no issues" in project.run(".venv/bin/python manage.py check")


def test_real_client_signs_in_and_uses_it(url: str, project: Project) -> None:
    project.run(""".venv/bin/python manage.py shell -c "Book.objects.create(title='Emma')" """)
    desk = Desk(cast(LiveServer, SimpleNamespace(url=url, mcp_url=f"{url}/mcp")))

    async def elicited(context: Any, params: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"confirmed": True})

    async def lend(client: Client) -> list[str]:
        found = await client.call_tool("find_books", {"title": "emm"})
        lent = await client.call_tool("lend_book", {"title": "Emma"})
        assert found.structured_content == {"result": ["Emma"]}
        return [content.text for content in lent.content if isinstance(content, TextContent)]

    assert desk.use("auto", lend, elicitation_callback=elicited) == ["Emma is yours now."]


# --- docs/your-site.md ---------------------------------------------------------------------------


def test_people_are_brought_with_their_passwords(project: Project, tmp_path: Path) -> None:
    python = f'"{project.folder}/.venv/bin/python"'
    project.run(f"{python} -m django startproject old .", tmp_path)
    project.run(f"{python} manage.py migrate", tmp_path)
    make = (
        "from django.contrib.auth.models import User; User.objects.create_user('carol', 'c@example.com', 'a password')"
    )
    project.run(f'{python} manage.py shell -c "{make}"', tmp_path)
    [commands] = BRINGING.findall((project.folder / "docs" / "your-site.md").read_text())
    dump, preview, bring = [
        line.partition("#")[0].replace("python manage", f"{python} manage") for line in commands.splitlines()
    ]
    project.run(dump, tmp_path)
    shutil.copy(tmp_path / "people.json", project.folder)
    ask = (
        "here = User.objects.filter(username='demo').first(); carol = User.objects.filter(username='carol').first(); "
        "print(here.pk, carol and carol.check_password('a password'))"
    )
    before = project.run(f'{python} manage.py shell -c "{ask}"')
    assert "1 person and 0 groups would be added" in project.run(preview)
    assert project.run(f'{python} manage.py shell -c "{ask}"') == before
    assert "1 person and 0 groups added" in project.run(bring)
    assert project.run(f'{python} manage.py shell -c "{ask}"') == before.replace("None", "True")


def test_urls_and_settings_of_ones_own_need_no_edit_of_the_projects(project: Project, followed: dict[str, str]) -> None:
    (project.folder / "library" / "urls.py").write_text(
        "from django.conf import settings\n"
        "from django.http import HttpResponse\n"
        "from django.urls import path\n"
        "urlpatterns = [path('shelf/', lambda request: HttpResponse(settings.SHELF)),"
        " path('health', lambda request: HttpResponse('taken over'))]\n"
    )
    (project.folder / "local_settings.py").write_text("SHELF = 'my own'\n")
    ask = (
        "from django.test import Client; get = lambda path: Client().get(path, headers={'host': 'localhost'}).content; "
        "print(get('/shelf/'), get('/health'))"
    )
    printed = project.run(f'.venv/bin/python manage.py shell -c "{ask}"')
    assert "my own" in printed
    assert "healthy" in printed
    assert "taken over" not in printed

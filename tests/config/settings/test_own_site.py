"""docs/your-site.md: apps, settings and pages of one's own, without an edit of the project's files."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.config.settings.environment import GOOD, run_python
from tests.conftest import PROJECT

pytestmark = pytest.mark.any_database

LOCAL = "local_settings.py"


def run(code: str, tmp_path: Path, *, local_settings: str = "", check: bool = True, **env: str) -> str:
    """Return what `code` prints in Django's shell, with settings and modules of one's own in `tmp_path`."""
    file = tmp_path / "local_settings.py"
    file.write_text(local_settings)
    own = {**GOOD, "LOCAL_SETTINGS": str(file), "PYTHONPATH": str(tmp_path), **env}
    done = run_python("manage.py", *(["shell", "-v", "0", "-c", code] if code else ["check"]), env=own)
    assert not (check and done.returncode), done.stderr
    return done.stdout if check else done.stderr


def make_app(tmp_path: Path, name: str = "shelves") -> None:
    """An app with a config and pages."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "apps.py").write_text(
        f"from django.apps import AppConfig\nclass ShelvesConfig(AppConfig):\n    name = {name!r}\n"
    )
    (folder / "urls.py").write_text(
        "from django.http import HttpResponse\nfrom django.urls import path\n"
        "urlpatterns = [path('shelf/', lambda request: HttpResponse('a shelf'))]\n"
    )


def test_settings_of_ones_own_add_to_those_of_the_project(tmp_path: Path) -> None:
    own = 'MIDDLEWARE += ["library.middleware.Greeting"]\nSHELF = BASE_DIR / "shelf"\nLOGGING["loggers"]["x"] = {}\n'
    ask = "from django.conf import settings as s; print(s.MIDDLEWARE[-1], s.SHELF.name, 'x' in s.LOGGING['loggers'])"
    assert run(ask, tmp_path, local_settings=own).split() == ["library.middleware.Greeting", "shelf", "True"]


@pytest.mark.parametrize("named", ["shelves", "shelves.apps.ShelvesConfig"])
def test_app_is_installed_by_either_name_and_logs_from_info_on(tmp_path: Path, named: str) -> None:
    make_app(tmp_path)
    ask = (
        "import logging; from django.apps import apps; "
        "print(apps.is_installed('shelves'), logging.getLogger('shelves.views').isEnabledFor(logging.INFO))"
    )
    assert run(ask, tmp_path, APPS=named).split() == ["True", "True"]


@pytest.mark.parametrize(
    ("apps", "said"),
    [
        ("libary", "No module named 'libary'"),
        ("shelves.apps.Missing", "Missing"),
        ("accounts", "it is already installed"),
        ("shelves,shelves", "it is already installed"),
    ],
)
def test_app_that_cannot_be_installed_is_a_check(tmp_path: Path, apps: str, said: str) -> None:
    make_app(tmp_path)
    told = run("", tmp_path, check=False, APPS=apps)
    assert "accounts.E022" in told
    assert said in told


def test_pages_of_an_installed_package_are_not_mounted(tmp_path: Path) -> None:
    """An app's folder beside accounts/ is another matter: see test_tutorial.py."""
    make_app(tmp_path)
    ask = "from django.urls import resolve, Resolver404\ntry: resolve('/shelf/')\nexcept Resolver404: print('none')"
    assert run(ask, tmp_path, APPS="shelves").strip() == "none"


def test_page_without_its_final_slash_is_found_and_no_form_loses_its_fields(tmp_path: Path) -> None:
    make_app(tmp_path)
    (tmp_path / "own_urls.py").write_text(
        "from config.urls import *\nfrom shelves.urls import urlpatterns as own\nurlpatterns += own\n"
    )
    ask = (
        "from django.test import Client; client = Client(headers={'host': 'mcp.example.com', 'accept': 'text/html'})\n"
        "asked = (('get', '/shelf'), ('post', '/shelf'), ('get', '/accounts/login'))\n"
        "print(*(getattr(client, how)(path, secure=True).status_code for how, path in asked))"
    )
    statuses = run(ask, tmp_path, local_settings='ROOT_URLCONF = "own_urls"\n', APPS="shelves").split()
    assert statuses[-3:] == ["301", "404", "301"]


def test_uploads_do_not_land_beside_manage_py(tmp_path: Path) -> None:
    ask = "from django.core.files.storage import default_storage; print(default_storage.location)"
    assert run(ask, tmp_path).strip() == str(PROJECT / "media")
    assert run(ask, tmp_path, MEDIA_ROOT="/srv/media").strip() == "/srv/media"


def test_style_of_ones_own_apps_is_ones_own() -> None:
    for target in ("lint", "format"):
        done = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True, check=True)
        ruff = [line for line in done.stdout.splitlines() if "/ruff " in line]
        assert len(ruff) == 2
        assert all(line.endswith(" accounts config docs mcp_api tests manage.py gunicorn.conf.py") for line in ruff)


def test_what_is_ones_own_is_not_tracked_by_git() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    assert {"local_settings.py", "media/", ".env"} <= set(ignored)


def test_backups_reach_neither_git_nor_an_image() -> None:
    named = set(re.findall(r"\bmcp\.(?:dump|backup)\b", (PROJECT / "docs" / "backup.md").read_text()))
    assert named
    for file in (".gitignore", ".dockerignore"):
        assert named <= set((PROJECT / file).read_text().splitlines())


def test_policy_is_widened_for_the_pages_that_the_recipe_names_alone(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "your-site.md").read_text()
    recipe = page.partition("## Content security policy")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", recipe, re.DOTALL)
    make_app(tmp_path, "library")
    (tmp_path / "library" / "middleware.py").write_text("".join(text for file, text in blocks if file != LOCAL))
    own = "".join(text for file, text in blocks if file == LOCAL)
    ask = (
        "from django.test import Client\n"
        "for path in ('/cms/', '/admin/library/book/', '/', '/admin/login/'):\n"
        "    browser = Client(headers={'host': 'mcp.example.com', 'accept': 'text/html'})\n"
        "    print(browser.get(path, secure=True)['Content-Security-Policy'])"
    )
    wide, admin, *others = run(ask, tmp_path, local_settings=own).splitlines()
    for policy in (wide, admin):
        assert "style-src 'self' 'unsafe-inline'" in policy
        assert "connect-src 'self' https://releases.wagtail.org" in policy
    for policy in (wide, admin, *others):
        assert "img-src 'self' data: https://www.gravatar.com" in policy
        assert "script-src" not in policy
    for policy in others:
        assert "unsafe-inline" not in policy


def test_python_of_the_page_is_python() -> None:
    page = (PROJECT / "docs" / "your-site.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "docs/your-site.md", "exec")

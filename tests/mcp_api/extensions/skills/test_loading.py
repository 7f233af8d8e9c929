"""Skills are found in the folders of apps, and what is wrong with one is found at the start."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils.autoreload import StatReloader

from mcp_api import resource
from mcp_api.checks import refuse_wrong_declarations
from mcp_api.checks.primitives import check_declarations
from mcp_api.extensions.skills import registry
from mcp_api.extensions.skills.extension import Skills
from mcp_api.registry import resources
from tests.mcp_api.extensions.skills.conftest import Write

pytestmark = pytest.mark.any_database
Load = Callable[[], None]


def found() -> list[tuple[str | None, Any, str]]:
    return [(message.id, message.obj, message.msg) for message in check_declarations()]


def test_each_folder_with_a_skill_file_is_a_skill(write: Write, load: Load, tmp_path: Path) -> None:
    write("lend-books")
    write("return-books", {"a.md": "A"})
    (tmp_path / "skills" / "views").mkdir()
    (tmp_path / "skills" / "models.py").write_text("")
    load()
    assert set(registry.skills) == {"using-this-server", "lend-books", "return-books"}
    assert registry.skills["lend-books"].declared_in == "library/skills/lend-books"
    assert {"skill://lend-books/SKILL.md", "skill://return-books/{+path}"} <= set(resources.resources)
    assert "skill://lend-books/{+path}" not in resources.resources


def test_app_without_skills_has_none(load: Load) -> None:
    load()
    assert set(registry.skills) == {"using-this-server"}


def test_two_skills_of_one_name_are_an_error(write: Write, load: Load) -> None:
    write("using-this-server")
    load()
    [(check, where, message)] = found()
    assert (check, where) == ("mcp_api.E027", "library/skills/using-this-server")
    assert "The other is mcp_api/skills/using-this-server" in message


def test_resource_at_the_uri_of_a_skill_is_an_error(write: Write, load: Load) -> None:
    resource("skill://lend-books/SKILL.md")(lambda: "mine")
    write("lend-books")
    load()
    assert [check for check, _, _ in found()] == ["mcp_api.E027"]
    assert "lend-books" not in registry.skills


def test_what_breaks_a_rule_is_reported_and_not_served(write: Write, load: Load, tmp_path: Path) -> None:
    write("Lend")
    write("lent", skill_file="---\nname: lend\ndescription: Lend.\n---\n")
    write("lower").joinpath("SKILL.md").rename(tmp_path / "skills" / "lower" / "skill.md")
    write("link").joinpath("a.md").symlink_to("/etc/passwd")
    load()
    assert [(check, where) for check, where, _ in found()] == [
        ("mcp_api.E026", "library/skills/Lend"),
        ("mcp_api.E026", "library/skills/lent"),
        ("mcp_api.E029", "library/skills/link"),
        ("mcp_api.E026", "library/skills/lower"),
    ]
    assert set(registry.skills) == {"using-this-server"}
    with pytest.raises(Exception, match=r"mcp_api\.E026"):
        refuse_wrong_declarations()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_folder_that_cannot_be_read_is_reported(write: Write, load: Load) -> None:
    folder = write("lend-books")
    folder.chmod(0)
    load()
    folder.chmod(0o755)
    assert [(check, "Permission denied" in message) for check, _, message in found()] == [("mcp_api.E029", True)]


def test_extension_is_offered_only_with_a_skill(load: Load) -> None:
    assert Skills().settings() == {"directoryRead": True}
    registry.skills.clear()
    assert Skills().settings() is None


def test_development_server_watches_the_files_of_skills() -> None:
    reloader = StatReloader()
    registry.watch(reloader)
    watched = {str(path) for path, _ in reloader.snapshot_files()}
    assert any(path.endswith("mcp_api/skills/using-this-server/SKILL.md") for path in watched)

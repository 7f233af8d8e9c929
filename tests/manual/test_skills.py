"""docs/skills.md: the skill of the page is served as the page says, in the library of docs/first-tool.md."""

import re
from pathlib import Path

import pytest

from mcp_api.extensions.skills import files, frontmatter
from tests.manual.pages import blocks_of, text_of
from tests.support.database import Database
from tests.support.packaging.fresh_clone import Project

pytestmark = pytest.mark.any_database

PAGE = "skills.md"
FILE = re.compile(r"^In `(library/\S+)`:\n\n```markdown\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, migrated: Database) -> Project:
    project = Project(tmp_path_factory.mktemp("skills") / "clone", migrated)
    project.follow()
    for name, content in FILE.findall(text_of(PAGE)):
        file = project.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for block in blocks_of(PAGE):
        if block.language == "python":
            (project.folder / "library" / "tests_skills.py").write_text(block.code)
    return project


def test_each_code_block_is_one_that_is_used() -> None:
    assert [block.language for block in blocks_of(PAGE)] == ["markdown", "markdown", "python"]
    assert len(FILE.findall(text_of(PAGE))) == 2


def test_skill_of_the_page_is_found_and_its_test_passes(project: Project) -> None:
    assert "no issues" in project.run(".venv/bin/python manage.py check")
    printed = project.run(".venv/bin/python manage.py test library.tests_skills")
    assert "Ran 1 test" in printed
    uri = "skill://lend-books/references/rules.md"
    assert "five books at most" in project.run(f".venv/bin/python manage.py mcp read {uri} --user demo")


def test_skill_that_breaks_a_rule_keeps_the_server_from_starting(project: Project) -> None:
    folder = project.folder / "library" / "skills"
    (folder / "lend-books").rename(folder / "lend")
    try:
        printed = project.run(".venv/bin/python manage.py check || true")
    finally:
        (folder / "lend").rename(folder / "lend-books")
    assert "library/skills/lend: (mcp_api.E026)" in printed
    assert "its folder is 'lend'" in printed


def test_limits_of_the_page_are_those_of_the_code() -> None:
    rules = text_of(PAGE)
    assert f"1 to {frontmatter.LONGEST_NAME} lower-case" in rules
    assert f"up to {frontmatter.LONGEST_DESCRIPTION:,} characters" in rules
    large, all_of_them = files.LARGEST_FILE // 2**20, files.MOST_BYTES // 2**20
    assert f"Up to {files.MOST_FILES} files of {large} MiB, and {all_of_them} MiB together" in rules


def test_folder_that_the_page_names_is_there() -> None:
    [path] = re.findall(r"`(mcp_api/skills/[\w-]+)`", text_of(PAGE))
    assert (Path(__file__).parents[2] / path / "SKILL.md").is_file()

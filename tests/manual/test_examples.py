"""The README and the pages for authors of tools: every example is run as it stands, in a fresh copy."""

import pytest

from tests.manual.pages import Block, blocks_of
from tests.support.database import Database
from tests.support.packaging.fresh_clone import Project

pytestmark = pytest.mark.any_database

README, WRITING, TASKS, TESTING, APPS = "../README.md", "writing-tools.md", "tasks.md", "testing-tools.md", "apps.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, migrated: Database) -> Project:
    """The library of docs/first-tool.md, with what the pages add to it: each example is a module of its own."""
    project = Project(tmp_path_factory.mktemp("manual") / "clone", migrated)
    project.follow()
    library = project.folder / "library"
    modules = []
    pages = ((README, "readme"), (WRITING, "example"), (TASKS, "tasks"), (APPS, "apps"), (TESTING, "test_example"))
    for page, name in pages:
        for number, block in enumerate(python_blocks(page)):
            (library / (block.file.removeprefix("library/") or f"{name}_{number}.py")).write_text(block.code)
            if page != TESTING and not block.file:
                modules.append(f"{name}_{number}")
    for template in (block for block in blocks_of(APPS) if block.file):
        path = project.folder / template.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.code)
    with (library / "mcp_tools.py").open("a") as tools:
        tools.writelines(f"\nimport library.{module}" for module in modules)
    return project


def python_blocks(page: str) -> list[Block]:
    return [block for block in blocks_of(page) if block.language == "python"]


def test_each_code_block_is_one_that_is_run() -> None:
    assert {block.language for block in blocks_of(WRITING)} == {"python"}
    assert {(block.language, bool(block.file)) for block in blocks_of(APPS)} == {("python", False), ("html", True)}
    assert {block.language for block in blocks_of(TESTING)} == {"python", "sh"}


def test_checks_find_nothing_wrong_with_the_examples(project: Project) -> None:
    assert "no issues" in project.run(".venv/bin/python manage.py check")


def test_tests_among_the_examples_pass(project: Project) -> None:
    printed = project.run(".venv/bin/python manage.py test library")
    tests = [line for block in python_blocks(TESTING) for line in block.code.splitlines() if "def test_" in line]
    # One more is that of docs/first-tool.md.
    assert f"Found {len(tests) + 1} test(s)" in printed


def test_each_tool_resource_and_prompt_does_what_its_page_says(project: Project) -> None:
    assert "OK" in project.run(".venv/bin/python manage.py test tests.manual.calls")


def test_each_command_works_as_written(project: Project) -> None:
    printed = {}
    for block in blocks_of(TESTING):
        if block.language == "sh":
            printed.update({command: project.run(command) for command in block.code.strip().splitlines()})
    said = "\n".join(printed.values())
    assert "Emma came back, good." in said
    assert "Let us discuss Emma." in said

"""The library of docs/first-tool.md, with the apps of docs/apps.md, as a package in a folder of the test."""

from pathlib import Path

from tests.manual.pages import Block, blocks_of

PAGE = "apps.md"


def write_library(folder: Path) -> None:
    """Write the package `library` into `folder`, as a person who follows the two pages has it."""
    library = folder / "library"
    library.mkdir(parents=True)
    (library / "__init__.py").touch()
    for block in (*blocks_of("first-tool.md"), *templates()):
        if block.file and not block.file.endswith("tests.py"):
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code)
    with (library / "mcp_tools.py").open("a") as tools:
        tools.writelines(f"\n\n{block.code}" for block in modules())


def modules() -> list[Block]:
    """The Python blocks of docs/apps.md, each of which is a complete module."""
    return [block for block in blocks_of(PAGE) if block.language == "python"]


def templates() -> list[Block]:
    """The templates of docs/apps.md."""
    return [block for block in blocks_of(PAGE) if block.language == "html"]

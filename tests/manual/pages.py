"""The pages of docs/ for authors of tools: their code blocks and tables."""

import re
from dataclasses import dataclass

from tests.conftest import PROJECT

# A code block, and, where it is a file's, the name that stands in the line before it.
BLOCK = re.compile(r"(?:^In `(library/[\w/]+\.\w+)`:\n\n)?^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
ROW = re.compile(r"^\| (.*?) \| (.*?) \|", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """Code of a page: its language, and the file that the page names for it, or an empty string."""

    language: str
    file: str
    code: str


def text_of(page: str) -> str:
    return (PROJECT / "docs" / page).read_text()


def blocks_of(page: str) -> list[Block]:
    return [Block(language, file, code) for file, language, code in BLOCK.findall(text_of(page))]


def section_of(page: str, heading: str) -> str:
    """The text below `heading`, up to the next heading of any level."""
    text = text_of(page)
    [found] = [match for match in HEADING.finditer(text) if match[1].replace("`", "") == heading]
    following = HEADING.search(text, found.end())
    return text[found.end() : following.start() if following else len(text)]


def rows_of(page: str, heading: str, first_column: str) -> dict[str, str]:
    """The second cell of each row, by the first, of the table below `heading` whose first column has that name."""
    tables = [table for table in section_of(page, heading).split("\n\n") if f"| {first_column} |" in table]
    [rows] = [ROW.findall(table) for table in tables]
    return {first.strip("`"): second for first, second in rows[1:] if not first.startswith("---")}

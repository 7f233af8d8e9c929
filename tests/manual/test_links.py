"""Links of the manual: each leads to a file, and to a heading, that exists, on a code host and in the built site."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT, missing

pytestmark = pytest.mark.any_database

DOCS = PROJECT / "docs"
PAGES = [PROJECT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md")] + sorted(DOCS.glob("*.md"))
README_LINES = 120

CODE = re.compile(r"^( *)```.*?^\1```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
# Of Markdown, and of HTML (<picture>).
LINK = re.compile(r"""\]\(([^)\s]+)\)|\b(?:src|srcset|href)="([^"]+)\"""")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
MENTION = re.compile(r"\b(?:docs/[\w-]+|CHANGELOG|SECURITY|README)\.md\b")


def links_of(page: Path) -> list[str]:
    """The targets of `page`, but for those in code and those on other sites."""
    found = [markdown or html for markdown, html in LINK.findall(CODE.sub("", page.read_text()))]
    return [target for target in found if not target.startswith(("https://", "http://", "mailto:"))]


@cache
def anchors_of(page: Path) -> set[str]:
    """The anchors of the headings of `page`, as GitHub makes them: MkDocs makes the same of plain words."""
    text = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in plain}


def target_of(page: Path, link: str) -> tuple[Path, str]:
    path, _, anchor = link.partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links_of(page):
        file, anchor = target_of(page, link)
        if not file.is_file() or (anchor and anchor not in anchors_of(file)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("start", [PROJECT / "README.md", DOCS / "index.md"], ids=lambda page: page.name)
def test_each_page_is_linked_from_the_start(start: Path) -> None:
    linked = {target_of(start, link)[0] for link in links_of(start)}
    assert set(PAGES) - linked <= {PROJECT / "README.md", DOCS / "index.md"}


def test_each_page_has_a_place_in_the_navigation() -> None:
    text = (PROJECT / ".mkdocs.yml").read_text()
    [nav] = re.findall(r"^nav:\n((?:  .*\n|\n)+)", text, re.MULTILINE)
    named = set(re.findall(r"[\w-]+\.md", str(yaml.safe_load(nav))))
    assert named == {page.name for page in DOCS.glob("*.md")} | {"security.md", "changelog.md"}


def test_each_page_that_the_code_mentions_exists() -> None:
    done = subprocess.run(["git", "-C", PROJECT, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if done.returncode:
        missing(f"git ls-files: {done.stderr.strip()}")
    unknown = set()
    for name in done.stdout.split("\0"):
        file = PROJECT / name
        if name and name != "CHANGELOG.md" and file.is_file() and file.suffix not in (".png", ".svg", ".json"):
            mentioned = MENTION.findall(file.read_text(errors="replace"))
            unknown |= {(name, page) for page in mentioned if not (PROJECT / page).is_file()}
    assert unknown == set()


def test_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) <= README_LINES

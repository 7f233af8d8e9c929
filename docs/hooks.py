"""Hooks of the MkDocs build: files of the repository that the manual links to become part of the site.

On a code host a page links to `../SECURITY.md`. The build knows only docs/, so these hooks add such files, and change
the links: `../SECURITY.md` becomes the page `security.md`, `../compose.yaml` the file `repository/compose.yaml`.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PROJECT = Path(__file__).resolve().parent.parent
# Files at the top level that are pages of the site.
PAGES = {"SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}

OUTSIDE = re.compile(r"(?<=\]\()\.\./([\w./-]+)")
INSIDE = re.compile(r"(?<=\]\()docs/(?=[\w./-]+)")


def place_of(name: str) -> str:
    """The path in the site of the repository's file `name`."""
    return PAGES.get(name, f"repository/{name}")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the top-level pages, and each file that a page links to."""
    linked = {name for page in files.documentation_pages() for name in OUTSIDE.findall(page.content_string)}
    for name in sorted(linked | PAGES.keys()):
        if (PROJECT / name).is_file():
            files.append(File.generated(config, place_of(name), abs_src_path=str(PROJECT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Change the links that leave docs/, and those of the top-level pages that enter it."""
    if page.file.src_uri in PAGES.values():
        return INSIDE.sub("", markdown)
    return OUTSIDE.sub(lambda link: place_of(link[1]), markdown)

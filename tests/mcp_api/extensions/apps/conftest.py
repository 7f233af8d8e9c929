"""Templates and static files of apps, in folders of the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.template.autoreload import reset_loaders
from pytest_django import Settings

from mcp_api.extensions.apps.pages import forget_pages

# Writes a template, or a static file, of this name.
Write = Callable[[str, str], None]


@pytest.fixture
def templates(settings: Settings, tmp_path: Path) -> Iterator[Write]:
    """`templates("library/shelf.html", "<p>…")`."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path / "templates"]}]
    forget_pages()
    yield writer(tmp_path / "templates")
    forget_pages()


@pytest.fixture
def statics(settings: Settings, tmp_path: Path) -> Write:
    """`statics("library/shelf.css", "p { }")`."""
    folder = tmp_path / "static"
    folder.mkdir()
    settings.STATICFILES_DIRS = [folder]
    return writer(folder)


def writer(folder: Path) -> Write:
    def write(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        reset_loaders()

    return write

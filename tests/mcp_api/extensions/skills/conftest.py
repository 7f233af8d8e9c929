"""Skills in a folder of the test's own, and registries that are restored."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcp_api.extensions.skills import registry
from mcp_api.registry import resources
from mcp_api.schemas import declaration_errors
from tests.mcp_api.conftest import put_back

SKILL_FILE = "---\nname: {name}\ndescription: What to do about {name}.\n---\n\n# Do this\n"
# Writes the files of a skill into the app's folder: `write("lend-books", {"notes.md": "…"})`.
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_skill(name: str, files: dict[str, str | bytes] | None = None, *, skill_file: str = SKILL_FILE) -> Path:
        folder = tmp_path / "skills" / name
        for path, content in {"SKILL.md": skill_file.format(name=name), **(files or {})}.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write_skill


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Registers what was written, beside the skills of the server. All of it is forgotten after the test."""
    before = len(declaration_errors.errors)
    with put_back(registry.skills), put_back(resources.resources):
        yield lambda: registry.load_app("library", tmp_path)
    del declaration_errors.errors[before:]

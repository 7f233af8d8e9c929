"""The files of a skill's folder: their types, their limits, and links."""

import hashlib
import os
from pathlib import Path

import pytest

from mcp_api.extensions.skills import files
from mcp_api.extensions.skills.files import read_folder
from mcp_api.schemas.declaration_errors import DeclarationError

pytestmark = pytest.mark.any_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lend"
    folder.mkdir()
    (folder / "SKILL.md").write_text("# Lend")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_digest_and_size_are_those_of_the_bytes(folder: Path) -> None:
    content = "# Grüße\r\n".encode()
    (folder / "SKILL.md").write_bytes(content)
    file = read_folder(folder)["SKILL.md"]
    assert (file.digest, file.size) == (f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))
    assert file.text is not None
    assert file.text.encode() == content


@pytest.mark.parametrize(
    ("name", "content", "mime_type", "is_text"),
    [
        ("a.md", b"# A", "text/markdown", True),
        ("a.py", b"a = 1", "text/x-python", True),
        ("a.json", b"{}", "application/json", True),
        ("a.yaml", b"a: 1", "application/yaml", True),
        ("a.png", b"\x89PNG\xff", "image/png", False),
        ("a.tar.gz", b"\x1f\x8b\xff", "application/octet-stream", False),
        ("LICENSE", b"MIT", "text/plain", True),
        ("data", b"a\0b", "application/octet-stream", False),
        ("latin.txt", "ü".encode("latin-1"), "text/plain", False),
        ("empty", b"", "text/plain", True),
    ],
)
def test_type_is_that_of_the_name_or_else_of_the_content(
    folder: Path, name: str, content: bytes, mime_type: str, is_text: bool
) -> None:
    (folder / name).write_bytes(content)
    file = read_folder(folder)[name]
    assert (file.mime_type, file.text is not None) == (mime_type, is_text)


def test_files_of_subfolders_are_found_and_hidden_ones_are_not(folder: Path) -> None:
    for path in ("a/b/c.md", ".git/config", "a/.env", "__pycache__/a.pyc", "b c/ä.md", "nested/SKILL.md"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("a")
    (folder / "empty").mkdir()
    assert set(read_folder(folder)) == {"SKILL.md", "a/b/c.md", "b c/ä.md", "nested/SKILL.md"}


@pytest.mark.parametrize(
    ("link", "target", "problem"),
    [
        ("out.txt", "../secret.txt", "leaves the folder"),
        ("passwd", "/etc/passwd", "leaves the folder"),
        ("up", "..", "leaves the folder"),
        ("etc", "/etc", "leaves the folder"),
        ("lend", "../lend-2/a.md", "leaves the folder"),
        ("here", ".", "link to a folder"),
        ("gone", "nothing.md", "leads nowhere"),
        ("self", "self", "leads nowhere"),
        ("a/deep.txt", "../../secret.txt", "leaves the folder"),
    ],
)
def test_link_that_leaves_the_folder_is_refused(folder: Path, link: str, target: str, problem: str) -> None:
    (folder / "a").mkdir()
    (folder.parent / "lend-2").mkdir()
    (folder.parent / "lend-2" / "a.md").write_text("Another skill's")
    (folder / link).symlink_to(target)
    with pytest.raises(DeclarationError, match=problem) as error:
        read_folder(folder)
    assert error.value.check == "mcp_api.E029"


@pytest.mark.parametrize("hidden", [".env", ".git/config", "__pycache__/a.md"])
def test_link_to_a_hidden_file_is_refused(folder: Path, hidden: str) -> None:
    (folder / hidden).parent.mkdir(exist_ok=True)
    (folder / hidden).write_text("secret")
    (folder / "notes.md").symlink_to(hidden)
    with pytest.raises(DeclarationError, match=r"The link 'notes\.md' leads to a hidden file\.") as error:
        read_folder(folder)
    assert error.value.check == "mcp_api.E029"


def test_link_to_a_file_of_the_folder_is_a_file(folder: Path) -> None:
    (folder / "README.md").symlink_to("SKILL.md")
    assert read_folder(folder)["README.md"].text == "# Lend"


def test_folder_that_is_a_link_itself_is_read_where_it_leads(folder: Path) -> None:
    link = folder.parent / "linked"
    link.symlink_to(folder)
    assert set(read_folder(link)) == {"SKILL.md"}


def test_what_is_not_a_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(DeclarationError, match="'pipe' is not a file"):
        read_folder(folder)


@pytest.mark.parametrize("name", ["a\\b.md", "a\nb.md", "a\x7fb", os.fsdecode(b"\xff.md")])
def test_name_that_no_uri_can_have_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("a")
    with pytest.raises(DeclarationError, match="characters"):
        read_folder(folder)


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("LARGEST_FILE", 3, "'SKILL.md' has more than 3 bytes"),
        ("MOST_BYTES", 10, "more than 10 bytes together"),
        ("MOST_FILES", 1, "more than 1 files"),
    ],
)
def test_folder_beyond_a_limit_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, problem: str
) -> None:
    (folder / "b.md").write_text("12345")
    assert len(read_folder(folder)) == 2
    monkeypatch.setattr(files, limit, value)
    with pytest.raises(DeclarationError, match=problem) as error:
        read_folder(folder)
    assert error.value.check == "mcp_api.E028"

"""Files of a skill's folder. They are read once, so that all replies agree with the digests that were listed."""

import hashlib
import mimetypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from accounts.numbers import size
from mcp_api.schemas.declaration_errors import DeclarationError

# Hosts must support skills up to these limits (SEP-2640, Limits).
MOST_FILES = 512
MOST_BYTES = 16 * 1024 * 1024
# A reply holds a whole file.
LARGEST_FILE = 4 * 1024 * 1024
TOO_LARGE, NOT_A_FILE = "mcp_api.E028", "mcp_api.E029"
IGNORED = "__pycache__"

# Python's own table: that of the operating system differs from one server to the next.
TYPES = mimetypes.MimeTypes()
# Those that this table does not have in each release of Python.
for extension, mime_type in {
    ".js": "text/javascript",
    ".md": "text/markdown",
    ".toml": "application/toml",
    ".webp": "image/webp",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}.items():
    TYPES.add_type(mime_type, extension)


@dataclass(frozen=True)
class File:
    """A file: its path below the folder, with slashes, and its content."""

    path: str
    content: bytes

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int:
        return len(self.content)

    @cached_property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @cached_property
    def text(self) -> str | None:
        """The content as text; None if it is binary."""
        try:
            return None if b"\0" in self.content else self.content.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def mime_type(self) -> str:
        known, compression = TYPES.guess_type(self.name)
        if known is not None and compression is None:
            return known
        return "text/plain" if self.text is not None else "application/octet-stream"


def read_folder(folder: Path) -> dict[str, File]:
    """Return the files of `folder` and its subfolders by their paths. Hidden ones are left out.

    Raises DeclarationError for what cannot be served, and for more than the limits.
    """
    root = folder.resolve()
    files: dict[str, File] = {}
    total = 0
    for found in walk(root):
        path = found.relative_to(root).as_posix()
        content = read(found, path)
        total += len(content)
        files[path] = File(path, content)
        if len(files) > MOST_FILES:
            raise too_large(f"It has more than {MOST_FILES} files.")
        if total > MOST_BYTES:
            raise too_large(f"Its files have more than {size(MOST_BYTES)} together.")
    return files


def walk(root: Path) -> Iterator[Path]:
    """The paths of the files below `root`. Raises DeclarationError for a link that leaves `root`."""
    for place, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if is_served(name))
        # os.walk does not enter linked folders.
        for name in (*folders, *sorted(filter(is_served, names))):
            found = Path(place, name)
            if found.is_symlink():
                require_inside(found, root)
            if name not in folders:
                yield found


def is_served(name: str) -> bool:
    return not name.startswith(".") and name != IGNORED


def require_inside(link: Path, root: Path) -> None:
    """Raise DeclarationError unless `link` leads to a file below `root` that is not hidden."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise not_a_file(f"The link {link.name!r} leads nowhere.") from error
    if not target.is_relative_to(root):
        raise not_a_file(f"The link {link.name!r} leaves the folder of the skill.")
    if not all(map(is_served, target.relative_to(root).parts)):
        raise not_a_file(f"The link {link.name!r} leads to a hidden file.")
    if target.is_dir():
        raise not_a_file(f"{link.name!r} is a link to a folder.")


def read(found: Path, path: str) -> bytes:
    if not path.isprintable() or "\\" in path:
        raise not_a_file(f"The name {path!r:.200} has characters that cannot be in a URI's path.")
    if not found.is_file():
        raise not_a_file(f"{path!r} is not a file.")
    try:
        # One byte more than is allowed shows that there are more.
        with found.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise not_a_file(f"{path!r} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST_FILE:
        raise too_large(f"{path!r} has more than {size(LARGEST_FILE)}.")
    return content


def unreadable(error: OSError) -> None:
    raise not_a_file(f"{error.filename!r} cannot be read: {error.strerror}.")


def too_large(problem: str) -> DeclarationError:
    return DeclarationError(TOO_LARGE, problem, "Leave out what a model does not need, or make two skills of it.")


def not_a_file(problem: str) -> DeclarationError:
    hint = "A skill has plain files, in folders of its own. Copy what a link leads to."
    return DeclarationError(NOT_A_FILE, problem, hint)

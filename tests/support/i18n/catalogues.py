"""Catalogues of translations: the entries of .po files, and which there are."""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
FOLDERS = ("accounts", "config", "mcp_api")
# Of makemessages.
SOURCES = ("*.py", "*.html", "*.txt")
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[(\d+)\])? (".*")')


@dataclass
class Entry:
    """A message: its key, and a translation for each plural form, or one."""

    context: str = ""
    text: str = ""
    plural: str = ""
    translations: dict[int, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


def catalogues() -> list[Path]:
    """Return all .po files of the project."""
    return sorted(path for folder in FOLDERS for path in (PROJECT / folder / "locale").glob("*/LC_MESSAGES/*.po"))


def entries(path: Path) -> list[Entry]:
    """Return the entries of a .po file, the header first."""
    return [_entry(block) for block in re.split(r"\n\s*\n", path.read_text("utf-8")) if "\nmsgid" in f"\n{block}"]


def _entry(block: str) -> Entry:
    entry, name, number = Entry(), "", 0
    for line in block.splitlines():
        if line.startswith("#,"):
            entry.flags |= {flag.strip() for flag in line[2:].split(",")}
        elif found := KEYWORD.match(line):
            name, number = found[1], int(found[2] or 0)
            _append(entry, name, number, found[3])
        elif line.startswith('"'):
            _append(entry, name, number, line)
    return entry


def _append(entry: Entry, name: str, number: int, quoted: str) -> None:
    text: str = ast.literal_eval(quoted)
    match name:
        case "msgctxt":
            entry.context += text
        case "msgid":
            entry.text += text
        case "msgid_plural":
            entry.plural += text
        case _:
            entry.translations[number] = entry.translations.get(number, "") + text


def extracted(folder: str, workspace: Path) -> set[tuple[str, str]]:
    """Return the keys of all messages in the sources of `folder`, of which a copy is made in `workspace`."""
    copy = workspace / folder
    for path in (path for pattern in SOURCES for path in (PROJECT / folder).rglob(pattern)):
        target = copy / path.relative_to(PROJECT / folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (copy / "locale").mkdir(exist_ok=True)
    # -P: the folder has modules named as those of the standard library.
    command = [sys.executable, "-P", "-m", "django", "makemessages", "--verbosity", "0", "--no-location", "-l", "de"]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(command, cwd=copy, env=environment, check=True, timeout=120)
    made = copy / "locale" / "de" / "LC_MESSAGES" / "django.po"
    return {entry.key for entry in entries(made)} if made.exists() else set()

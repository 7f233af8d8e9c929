"""Frontmatter of a SKILL.md: YAML between two lines of `---` (https://agentskills.io/specification).

Hosts parse it themselves, and refuse a skill if they read something else than the server sends (SEP-2640, Frontmatter
Verification). So values that YAML 1.1 and 1.2 read differently, such as `yes` or `2026-01-31`, must be quoted.
"""

import math
import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from mcp_api.schemas.declaration_errors import DeclarationError

CHECK_ID = "mcp_api.E026"
DELIMITED = re.compile(r"\ufeff?---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 64
# Optional fields, each with its types and the most characters of a text.
OPTIONAL: dict[str, tuple[tuple[type, ...], int]] = {
    "license": ((str,), 1024),
    "compatibility": ((str,), 500),
    "allowed-tools": ((str, list), 10_000),
    "metadata": ((dict,), 0),
}
LONGEST_DESCRIPTION = 1024
RESERVED = "io.modelcontextprotocol/"

# The tags of plain scalars in YAML 1.2 (section 10.3.2, core schema); all others are texts.
CORE = {
    "tag:yaml.org,2002:null": re.compile(r"null|Null|NULL|~|"),
    "tag:yaml.org,2002:bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "tag:yaml.org,2002:int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "tag:yaml.org,2002:float": re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan"),
}
TEXT = "tag:yaml.org,2002:str"
# An octal number in YAML 1.1, a decimal one in YAML 1.2.
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


class Loader(yaml.SafeLoader):
    """A loader of what all versions of YAML, and JSON, read alike. Raises ValueError for anything else."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        # An alias lets a short text stand for a large one.
        if self.check_event(yaml.AliasEvent):
            raise ValueError("It has an alias (*name). Write the value again.")
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and is_ambiguous(node):
            raise ValueError(f"Versions of YAML read {node.value!r:.80} differently. Put it in quotes.")
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for number, key in enumerate(keys):
            if not isinstance(key, str):
                raise ValueError(f"The key {key!r:.80} is not a text. Put it in quotes.")
            if key in keys[:number]:
                raise ValueError(f"The key {key!r:.80} is there twice.")
        return super().construct_mapping(node, deep=deep)


def is_ambiguous(node: yaml.ScalarNode) -> bool:
    """Return whether YAML 1.1, which tagged the node, and YAML 1.2 read it differently."""
    if node.style is not None:
        return False
    tag = next((tag for tag, form in CORE.items() if form.fullmatch(node.value)), TEXT)
    return tag != node.tag or LEADING_ZERO.fullmatch(node.value) is not None


def parse(content: bytes) -> dict[str, Any]:
    """Return the frontmatter of a SKILL.md as JSON data. Raises DeclarationError."""
    try:
        found = DELIMITED.match(content.decode())
        if found is None:
            raise ValueError("It does not begin with YAML between two lines of ---.")
        # The loader is a subclass of SafeLoader.
        read = yaml.load(found[1], Loader=Loader)  # noqa: S506
        if not isinstance(read, dict):
            raise ValueError("Its frontmatter is not a mapping.")
        require_json(read)
    except UnicodeDecodeError as error:
        raise wrong("It is not UTF-8.") from error
    except yaml.YAMLError as error:
        raise wrong(f"Its frontmatter is not YAML: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise wrong("Its frontmatter is nested too deeply.") from error
    except ValueError as error:
        raise wrong(str(error)) from error
    return read


def require_json(value: Any) -> None:
    """Raise ValueError for a value that JSON does not have, such as infinity or a date with a tag."""
    match value:
        case dict():
            for each in value.values():
                require_json(each)
        case list():
            for each in value:
                require_json(each)
        case float() if not math.isfinite(value):
            raise ValueError(f"JSON has no {value}.")
        case None | bool() | int() | float() | str():
            pass
        case _:
            raise ValueError(f"JSON has no {type(value).__name__}. Put the value in quotes.")


def require_valid(frontmatter: dict[str, Any], folder: str) -> None:
    """Raise DeclarationError if the frontmatter of the skill in `folder` breaks a rule of Agent Skills."""
    for problem in problems_of(frontmatter, folder):
        raise wrong(problem)


def problems_of(frontmatter: dict[str, Any], folder: str) -> Iterator[str]:
    name, description = frontmatter.get("name"), frontmatter.get("description")
    if not isinstance(name, str) or not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield (
            f"Its name is {name!r:.80}, not 1 to {LONGEST_NAME} lower-case letters (a-z), digits and hyphens, without "
            "a hyphen at either end or two in a row."
        )
    elif name != folder:
        yield f"Its name is {name!r}, but its folder is {folder!r}."
    if not isinstance(description, str) or not description.strip() or len(description) > LONGEST_DESCRIPTION:
        yield f"Its description is not a text of 1 to {LONGEST_DESCRIPTION} characters."
    for field, (types, longest) in OPTIONAL.items():
        if field in frontmatter and not fits(frontmatter[field], types, longest):
            yield f"Its {field} does not fit: {frontmatter[field]!r:.80}."
    for key in frontmatter.get("metadata") or ():
        if key.startswith(RESERVED):
            yield f"Keys of its metadata that begin with {RESERVED} are reserved."


def fits(value: Any, types: tuple[type, ...], longest: int) -> bool:
    if not isinstance(value, types):
        return False
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return not isinstance(value, str) or 0 < len(value) <= longest


def wrong(problem: str) -> DeclarationError:
    hint = "SKILL.md begins with a line of ---, `name: …`, `description: …` and another line of --- (docs/skills.md)."
    return DeclarationError(CHECK_ID, f"SKILL.md: {problem}", hint)

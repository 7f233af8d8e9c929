"""Registry of the skills of all apps: the folders `skills/NAME/` with a SKILL.md."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.apps import apps
from django.utils.autoreload import autoreload_started

from mcp_api.extensions.skills.skill import SCHEME, SKILL_FILE, Skill, SkillResource, read_skill
from mcp_api.registry.resources import resources
from mcp_api.registry.uri_forms import has_other_forms, normal_form
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected

FOLDER = "skills"
# A URI of a skill's file or folder.
LOCATION = re.compile(re.escape(SCHEME) + r"([a-z0-9-]+)(?:/([^?#]*))?")

# The resource of each skill's SKILL.md, by the skill's name. The registry of resources has them too.
skills: dict[str, SkillResource] = {}


def load() -> None:
    """Register the skills of all installed apps."""
    for app in apps.get_app_configs():
        load_app(app.name, Path(app.path))
    autoreload_started.connect(watch, dispatch_uid="mcp_api.extensions.skills")


def load_app(name: str, path: Path) -> None:
    """Register the skills of an app. One with an error is left out, and the system checks report it."""
    for folder in folders_of(path / FOLDER):
        declared_in = f"{name}/{FOLDER}/{folder.name}"
        with errors_collected(declared_in):
            register(read_skill(folder, declared_in))


def folders_of(place: Path) -> Iterator[Path]:
    """The folders in `place` that are skills, or are meant to be: with a SKILL.md in any case."""
    if place.is_dir():
        yield from (folder for folder in sorted(place.iterdir()) if folder.is_dir() and is_meant(folder))


def is_meant(folder: Path) -> bool:
    try:
        return any(each.name.lower() == SKILL_FILE.lower() for each in folder.iterdir())
    except OSError:
        # To be reported.
        return True


def register(skill: Skill) -> None:
    """Add `skill`, and the resources at which its files are read. Raises DeclarationError if its name is taken."""
    hint = "Give one of them, and its folder, another name."
    if skill.name in skills:
        other = skills[skill.name].declared_in
        message = f"Two skills have the name {skill.name!r}. The other is {other}."
        raise DeclarationError("mcp_api.E027", message, hint)
    if skill.uri in resources:
        message = f"{resources[skill.uri].declared_in} declares a resource at {skill.uri}."
        raise DeclarationError("mcp_api.E027", message, hint)
    manifest, *others = skill.resources()
    skills[skill.name] = manifest
    resources.update({each.uri: each for each in (manifest, *others)})


def find(uri: str) -> tuple[SkillResource, str] | None:
    """Return the resource of the skill to which `uri` belongs, and the path below its folder; None if there is none.

    A path is only ever looked up among those of the skill, so none leads elsewhere.
    """
    found = LOCATION.fullmatch(normal_form(uri) if has_other_forms(uri) else uri)
    if found is None or found[1] not in skills:
        return None
    return skills[found[1]], unquote(found[2] or "")


def watch(sender: Any, **kwargs: Any) -> None:
    """Restart `runserver` when a file of a skill changes."""
    for app in apps.get_app_configs():
        if (folder := Path(app.path) / FOLDER).is_dir():
            sender.watch_dir(folder, "**/*")

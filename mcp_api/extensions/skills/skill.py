"""A skill: its frontmatter and files, the resources at which clients read them, and its entry in lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from mcp_types import BlobResourceContents, TextResourceContents

from accounts import scopes
from mcp_api.errors import NotFound
from mcp_api.extensions.skills import files, frontmatter
from mcp_api.extensions.skills.files import File
from mcp_api.registry.resources import Resource
from mcp_api.registry.uri_templates import template_of
from mcp_api.schemas.content import resource_contents
from mcp_api.schemas.input_schema import arguments_of

SKILL_FILE = "SKILL.md"
DIRECTORY_TYPE = "inode/directory"
SCHEME = "skill://"

Contents = TextResourceContents | BlobResourceContents


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillResource(Resource):
    """A resource of a skill. The skill's rule is that of all of its files."""

    kind: ClassVar[str] = "skill"
    skill: "Skill"

    @property
    def key(self) -> str:
        return self.skill.name

    @property
    def declared_in(self) -> str:
        return self.skill.declared_in


@dataclass(frozen=True)
class Skill:
    """A skill, as its folder was when it was read. `declared_in` names the folder: "library/skills/lend-books"."""

    frontmatter: dict[str, Any]
    files: dict[str, File]
    declared_in: str

    @property
    def name(self) -> str:
        return str(self.frontmatter["name"])

    @property
    def uri(self) -> str:
        """The URI of its SKILL.md, which identifies the skill."""
        return self.uri_of(SKILL_FILE)

    def uri_of(self, path: str) -> str:
        """Return the URI of a file or a folder of the skill; that of the skill's own folder for an empty path."""
        return f"{SCHEME}{self.name}/{quote(path)}".rstrip("/")

    @cached_property
    def entry(self) -> dict[str, Any]:
        """The skill in `skills/list` and `skills/get`."""
        listed = [{"uri": self.uri_of(each.path), "digest": each.digest, "size": each.size} for each in self.all_files]
        return {"uri": self.uri, "frontmatter": self.frontmatter, "resources": listed}

    @property
    def all_files(self) -> Iterator[File]:
        return iter(self.files.values())

    # --- Folders -------------------------------------------------------------------------------

    @cached_property
    def folders(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The children of each folder, by its path and their names, as `resources/directory/read` lists them."""
        found: dict[str, dict[str, dict[str, Any]]] = {"": {}}
        for file in self.all_files:
            above, _, name = file.path.rpartition("/")
            found.setdefault(above, {})[name] = self.describe(file)
            while above:
                path, (above, _, name) = above, above.rpartition("/")
                folder = {"uri": self.uri_of(path), "name": name, "mimeType": DIRECTORY_TYPE}
                found.setdefault(above, {})[name] = folder
        return found

    def describe(self, file: File) -> dict[str, Any]:
        named: dict[str, Any] = {"name": file.name}
        if file.path == SKILL_FILE:
            named = {"name": self.name, "description": self.frontmatter["description"]}
        return {"uri": self.uri_of(file.path), **named, "mimeType": file.mime_type, "size": file.size}

    # --- Resources -----------------------------------------------------------------------------

    def read(self, path: str) -> Contents:
        """Return the contents of a file. Raises NotFound: only what was listed is served, whatever the disk has."""
        file = self.files.get(path)
        if file is None:
            raise NotFound(f"The skill {self.name} has no such file.")
        value = file.content if file.text is None else file.text
        return resource_contents(self.uri_of(path), value, file.mime_type)

    def resources(self) -> Iterator[SkillResource]:
        """The resource of SKILL.md, and a template of the others if there are any."""

        def read_skill() -> Contents:
            return self.read(SKILL_FILE)

        def read_file(path: str) -> Contents:
            return self.read(path)

        description = self.frontmatter["description"]
        yield self.resource(self.uri, self.name, description, read_skill, self.files[SKILL_FILE].mime_type)
        if len(self.files) > 1:
            template = f"{SCHEME}{self.name}/{{+path}}"
            yield self.resource(template, f"{self.name} files", f"Files of the skill {self.name}.", read_file, "")

    def resource(
        self, uri: str, name: str, description: str, function: Callable[..., Any], mime_type: str
    ) -> SkillResource:
        template = template_of(uri)
        return SkillResource(
            skill=self,
            uri=uri,
            name=name,
            title=name.replace("-", " ").capitalize(),
            description=description,
            function=function,
            arguments=arguments_of(function),
            scopes=(scopes.DEFAULT,),
            mime_type=mime_type,
            # It is its own normal form: a skill's name has no other characters.
            template=template,
            normal_template=template,
        )


def read_skill(folder: Path, declared_in: str) -> Skill:
    """Return the skill in `folder`. Raises DeclarationError if it breaks a rule of Agent Skills, or a limit."""
    found = files.read_folder(folder)
    if SKILL_FILE not in found:
        raise frontmatter.wrong("There is a file of another case, such as skill.md.")
    read = frontmatter.parse(found[SKILL_FILE].content)
    frontmatter.require_valid(read, folder.name)
    return Skill(read, found, declared_in)

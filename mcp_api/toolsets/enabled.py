"""The toolsets that are switched on, as the operator's rows and the apps' declarations make them."""

import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import translate
from functools import cache

from django.apps import apps

from mcp_api.models import Toolset
from mcp_api.registry.primitive import Primitive
from mcp_api.toolsets.declarations import Declaration, declarations

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EnabledToolset:
    """A toolset that is switched on. Empty `scopes` stand for all that it needs, empty `groups` for all people."""

    name: str
    title: str
    instructions: str
    apps: frozenset[str]
    include: re.Pattern[str] | None
    picked: frozenset[Key]
    scopes: frozenset[str]
    groups: frozenset[int]

    def includes(self, primitive: Primitive) -> bool:
        """Return whether the tool, resource, prompt or skill belongs to it: by app, by pattern, or by choice."""
        member = primitive.ruled_by
        if (member.kind, member.key) in self.picked or app_of(member.declared_in) in self.apps:
            return True
        return self.include is not None and self.include.fullmatch(member.key) is not None


@cache
def app_of(declared_in: str) -> str:
    """Return the label of the app in which a module, or a folder of it, lies; "" if there is none."""
    app = apps.get_containing_app_config(declared_in.replace("/", "."))
    return app.label if app is not None else ""


def read(row: Toolset) -> EnabledToolset:
    """Return what the toolset of a row would be if it were on."""
    picked = {(policy.kind, policy.name) for policy in row.picked.all()}
    return _merged(declarations.get(row.name), row, picked, {group.pk for group in row.groups.all()})


def load() -> dict[str, EnabledToolset]:
    """Read the toolsets that are switched on, by name. Takes three queries."""
    picked: dict[int, set[Key]] = defaultdict(set)
    for pk, kind, name in Toolset.picked.through.objects.values_list("toolset_id", "policy__kind", "policy__name"):
        picked[pk].add((kind, name))
    groups: dict[int, set[int]] = defaultdict(set)
    for pk, group in Toolset.groups.through.objects.values_list("toolset_id", "group_id"):
        groups[pk].add(group)
    rows = {row.name: row for row in Toolset.objects.all()}
    found = {name: _merged(each, None, set(), set()) for name, each in declarations.items() if name not in rows}
    for name, row in rows.items():
        if row.enabled:
            found[name] = _merged(declarations.get(name), row, picked[row.pk], groups[row.pk])
    return found


def _merged(declared: Declaration | None, row: Toolset | None, picked: set[Key], groups: set[int]) -> EnabledToolset:
    """Return the toolset of a row, in which what is empty is as declared."""
    name = row.name if row is not None else declared.name if declared is not None else ""
    app_labels, patterns = (row.apps.split(), row.include.split()) if row is not None else ([], [])
    if declared is not None and not (app_labels or patterns or picked):
        app_labels, patterns = list(declared.apps), list(declared.include)
    return EnabledToolset(
        name=name,
        title=(row.title if row is not None else "") or (declared.title if declared else "") or name,
        instructions=(row.instructions if row is not None else "") or (declared.instructions if declared else ""),
        apps=frozenset(app_labels),
        include=re.compile("|".join(map(translate, patterns))) if patterns else None,
        picked=frozenset(picked),
        scopes=frozenset((row.scopes.split() if row is not None else []) or (declared.scopes if declared else ())),
        groups=frozenset(groups),
    )

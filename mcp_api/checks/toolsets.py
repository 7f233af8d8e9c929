"""Check of the toolsets that apps declare: the apps and names that they select exist."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from django.core.checks import CheckMessage, Error, register

from mcp_api.checks.tag import TAG
from mcp_api.registry.targets import all_primitives
from mcp_api.toolsets.declarations import Declaration, declarations
from mcp_api.toolsets.enabled import app_of


@register(TAG)
def check_toolsets(**kwargs: object) -> list[CheckMessage]:
    """Report apps that declare nothing for clients, and patterns that match nothing."""
    return [problem for declared in declarations.values() for problem in problems_of(declared)]


def problems_of(declared: Declaration) -> Iterator[CheckMessage]:
    members = all_primitives().values()
    labels = {app_of(each.declared_in) for each in members}
    for label in declared.apps:
        if label not in labels:
            hint = f"Use the labels of apps with tools: {', '.join(sorted(labels - {''}))}."
            yield about(declared, f"the app {label!r:.80} declares no tool, resource, prompt or skill.", hint)
    for pattern in declared.include:
        if not any(fnmatchcase(each.key, pattern) for each in members):
            hint = "Write the name of a tool, prompt or skill, or the URI of a resource; * stands for any characters."
            yield about(declared, f"nothing has a name like {pattern!r:.80}.", hint)


def about(declared: Declaration, problem: str, hint: str) -> CheckMessage:
    return Error(f"The toolset {declared.name}: {problem}", hint=hint, obj=declared.declared_at, id="mcp_api.E038")

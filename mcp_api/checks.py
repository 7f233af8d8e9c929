"""What is wrong with what the apps offer, found at start-up: each with an id, where it is and what to do."""

import re
from collections.abc import Iterator

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register

from accounts import scopes
from accounts.checks import refuse_to_start
from mcp_api.offers import faults, prompts, registry, resources
from mcp_api.offers.faults import place_of
from mcp_api.offers.offered import Offered
from mcp_api.offers.schema import UNFIT, untyped

TAG = "mcp_api"
# Models' programming interfaces take no other names, and clients hand ours on.
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
COMBINED = ("allOf", "anyOf", "oneOf", "not")


def offered() -> Iterator[Offered]:
    for table in (registry.tools, resources.resources, prompts.prompts):
        yield from table.values()


@register(TAG)
def check_declarations(**kwargs: object) -> list[CheckMessage]:
    """What could not even be declared: a name that is taken, a type without a schema, …"""
    return list(faults.found)


@register(TAG)
def check_types(**kwargs: object) -> list[CheckMessage]:
    return [
        Error(
            f"The parameter {name} has no type.",
            hint="Annotate it, as in `title: str`: its type is what clients are told, and what arguments are held to.",
            obj=place_of(each.function),
            id="mcp_api.E002",
        )
        for each in offered()
        for name in untyped(each.function)
    ]


@register(TAG)
def check_scopes(**kwargs: object) -> list[CheckMessage]:
    known = scopes.names(of_resource_only=True)
    return [
        Error(
            f"There is no scope {name!r}.",
            hint=f'Use one of {", ".join(known)}, or declare it: `scope("{name}", "What it lets a client do")`.',
            obj=place_of(each.function),
            id="mcp_api.E004",
        )
        for each in offered()
        for name in each.scopes
        if name not in known
    ]


@register(TAG)
def check_permissions(**kwargs: object) -> list[CheckMessage]:
    known = {name for model in apps.get_models() for name in permissions_of(model._meta)}
    return [
        Error(
            f"There is no permission {name!r}.",
            hint="It is an app's label, a dot and a codename, as in `library.view_book`, of a model that is installed.",
            obj=place_of(each.function),
            id="mcp_api.E006",
        )
        for each in offered()
        for name in each.permissions
        if name not in known
    ]


def permissions_of(meta: object) -> Iterator[str]:
    """Those that `migrate` makes for a model with these Options."""
    label, model = getattr(meta, "app_label", ""), getattr(meta, "model_name", "")
    for action in getattr(meta, "default_permissions", ()):
        yield f"{label}.{action}_{model}"
    for codename, _ in getattr(meta, "permissions", ()):
        yield f"{label}.{codename}"


@register(TAG)
def check_descriptions(**kwargs: object) -> list[CheckMessage]:
    return [
        Warning(
            f"{each.name} has no docstring.",
            hint="Say in a sentence what it does: by that, and nothing else, a model decides whether to use it.",
            obj=place_of(each.function),
            id="mcp_api.W001",
        )
        for each in offered()
        if not each.description
    ]


@register(TAG)
def check_names(**kwargs: object) -> list[CheckMessage]:
    """Of tools and their parameters."""
    wrong: list[CheckMessage] = []
    for tool in registry.tools.values():
        if not TOOL_NAME.fullmatch(tool.name):
            hint = "Use up to 64 letters, digits, - and _: the interfaces of Claude and OpenAI take no other name."
            message = f"Clients may not be able to hand on a tool called {tool.name!r}."
            wrong.append(Warning(message, hint=hint, obj=place_of(tool.function), id="mcp_api.W002"))
        for name, _, _ in tool.arguments.parameters():
            if not PARAMETER_NAME.fullmatch(name):
                hint = "Use up to 64 letters (a-z), digits, _, . and -."
                message = f"Clients reject a parameter called {name!r}."
                wrong.append(Error(message, hint=hint, obj=place_of(tool.function), id=UNFIT))
    return wrong


@register(TAG)
def check_roots(**kwargs: object) -> list[CheckMessage]:
    return [
        Warning(
            f"The schema of {tool.name} has {keyword} at its root, which some clients reject.",
            hint="Make it optional parameters, and check in the tool what belongs together.",
            obj=place_of(tool.function),
            id="mcp_api.W003",
        )
        for tool in registry.tools.values()
        for keyword in COMBINED
        if keyword in tool.arguments.json_schema()
    ]


def refuse_wrong_declarations() -> None:
    """Raise ImproperlyConfigured for what is found above: a server must not start with less than was declared."""
    refuse_to_start(
        (check_declarations, check_types, check_scopes, check_permissions, check_descriptions, check_names, check_roots)
    )

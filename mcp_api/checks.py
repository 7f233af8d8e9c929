"""System checks for the declarations of apps: each has an id, names the place and says what to do."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register
from django.db.models import Model
from jsonschema import Draft202012Validator

from accounts import scopes
from accounts.checks import refuse_to_start
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import Primitive
from mcp_api.schemas import declaration_errors
from mcp_api.schemas.declaration_errors import place_of
from mcp_api.schemas.defaults import unfit_defaults
from mcp_api.schemas.rows import WAYS, models_in
from mcp_api.schemas.signature import UNFIT, hints_of, untyped

TAG = "mcp_api"
# Models' programming interfaces take no other names, and clients hand ours on.
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
COMBINED = ("allOf", "anyOf", "oneOf", "not")


def primitives() -> Iterator[Primitive]:
    for table in (registry.tools, resources.resources, prompts.prompts):
        yield from table.values()


@register(TAG)
def check_declarations(**kwargs: object) -> list[CheckMessage]:
    """What could not even be declared: a name that is taken, a type without a schema, …"""
    return [*declaration_errors.found, *declaration_errors.noted]


def told(kind: type[Error | Warning], check: str, each: Primitive, message: str, hint: str) -> CheckMessage:
    """What is wrong with something that is offered."""
    return kind(message, hint=hint, obj=place_of(each.function), id=check)


@register(TAG)
def check_types(**kwargs: object) -> list[CheckMessage]:
    hint = "Annotate it, as in `title: str`: its type is what clients are told, and what arguments are held to."
    return [
        told(Error, "mcp_api.E002", each, f"The parameter {name} has no type.", hint)
        for each in primitives()
        for name in untyped(each.function)
    ]


@register(TAG)
def check_defaults(**kwargs: object) -> list[CheckMessage]:
    message = "The default {!r:.80} of {} in {} does not fit: {}."
    return [
        told(
            Error, "mcp_api.E016", each, message.format(unfit.default, unfit.name, each.name, unfit.problem), unfit.hint
        )
        for each in primitives()
        for unfit in unfit_defaults(each.arguments)
    ]


@register(TAG)
def check_results(**kwargs: object) -> list[CheckMessage]:
    """Of tools, the types that have no JSON Schema are found as they are declared (mcp_api/schemas/signature.py)."""
    return [
        told(Error, UNFIT, each, f"{each.name} returns {model.__name__}, which has no JSON Schema.", WAYS)
        for each in (*resources.resources.values(), *prompts.prompts.values())
        for model in models_in(hints_of(each.function).get("return"))
        if issubclass(model, Model)
    ]


@register(TAG)
def check_scopes(**kwargs: object) -> list[CheckMessage]:
    known = scopes.names(of_resource_only=True)
    hint = f'Use one of {", ".join(known)}, or declare it: `scope("{{}}", "What it lets a client do")`.'
    return [
        told(Error, "mcp_api.E004", each, f"There is no scope {name!r}.", hint.format(name))
        for each in primitives()
        for name in each.scopes
        if name not in known
    ]


@register(TAG)
def check_permissions(**kwargs: object) -> list[CheckMessage]:
    known = {name for model in apps.get_models() for name in permissions_of(model._meta)}
    hint = "It is an app's label, a dot and a codename, as in `library.view_book`, of a model that is installed."
    return [
        told(Error, "mcp_api.E006", each, f"There is no permission {name!r}.", hint)
        for each in primitives()
        for name in each.permissions
        if name not in known
    ]


def permissions_of(meta: Any) -> Iterator[str]:
    """Those that `migrate` makes for a model with these Options."""
    yield from (f"{meta.app_label}.{action}_{meta.model_name}" for action in meta.default_permissions)
    yield from (f"{meta.app_label}.{codename}" for codename, _ in meta.permissions)


@register(TAG)
def check_descriptions(**kwargs: object) -> list[CheckMessage]:
    hint = "Say in a sentence what it does: by that, and nothing else, a model decides whether to use it."
    return [
        told(Warning, "mcp_api.W001", each, f"{each.name} has no docstring.", hint)
        for each in primitives()
        if not each.description
    ]


@register(TAG)
def check_tool_names(**kwargs: object) -> list[CheckMessage]:
    hint = "Use up to 64 letters, digits, - and _: the interfaces of Claude and OpenAI take no other name."
    return [
        told(Warning, "mcp_api.W002", tool, f"Clients may not be able to hand on a tool called {tool.name!r}.", hint)
        for tool in registry.tools.values()
        if not TOOL_NAME.fullmatch(tool.name)
    ]


@register(TAG)
def check_parameter_names(**kwargs: object) -> list[CheckMessage]:
    hint = "Use up to 64 letters (a-z), digits, _, . and -."
    return [
        told(Error, UNFIT, tool, f"Clients reject a parameter called {name!r}.", hint)
        for tool in registry.tools.values()
        for name, _, _ in tool.arguments.parameters()
        if not PARAMETER_NAME.fullmatch(name)
    ]


@register(TAG)
def check_schemas(**kwargs: object) -> list[CheckMessage]:
    """A client that checks them, as most do, would reject the tool, or the whole list with it."""
    hint = "What json_schema_extra= adds, and what a serializer tells, must be JSON Schema 2020-12."
    return [
        told(Error, UNFIT, tool, f"The schema of {tool.name} is none: {error.message}", hint)
        for tool in registry.tools.values()
        for given in (tool.arguments, tool.result)
        if given is not None
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(given.json_schema())
    ]


@register(TAG)
def check_roots(**kwargs: object) -> list[CheckMessage]:
    hint = "Make it optional parameters, and check in the tool what belongs together."
    message = "The schema of {} has {} at its root, which some clients reject."
    return [
        told(Warning, "mcp_api.W003", tool, message.format(tool.name, keyword), hint)
        for tool in registry.tools.values()
        for keyword in COMBINED
        if keyword in tool.arguments.json_schema()
    ]


def refuse_wrong_declarations() -> None:
    """Raise ImproperlyConfigured for what is found above: a server must not start with less than was declared."""
    refuse_to_start(
        (
            check_declarations,
            check_types,
            check_defaults,
            check_results,
            check_scopes,
            check_permissions,
            check_parameter_names,
            check_schemas,
        )
    )

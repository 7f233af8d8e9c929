"""Checks of each declaration: types, defaults, scopes, permissions, names, schemas."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register
from django.db.models import Model
from jsonschema import Draft202012Validator

from accounts import scopes
from mcp_api.checks.tag import TAG
from mcp_api.registry import prompts, resources
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import Primitive
from mcp_api.schemas import declaration_errors
from mcp_api.schemas.declaration_errors import dotted_name
from mcp_api.schemas.defaults import unfit_defaults
from mcp_api.schemas.rows import RETURN_HINT, models_in
from mcp_api.schemas.signature import SCHEMA_CHECK, hints_of, untyped

# Clients pass names on to the APIs of models, which accept no others.
TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
COMBINED = ("allOf", "anyOf", "oneOf", "not")


def primitives() -> Iterator[Primitive]:
    for table in (registry.tools, resources.resources, prompts.prompts):
        yield from table.values()


@register(TAG)
def check_declarations(**kwargs: object) -> list[CheckMessage]:
    """Errors that were collected while apps loaded: a name that is taken, a type without a schema, …"""
    return [*declaration_errors.errors, *declaration_errors.warnings]


def message_about(kind: type[Error | Warning], check: str, each: Primitive, message: str, hint: str) -> CheckMessage:
    """Return a check message about a primitive."""
    return kind(message, hint=hint, obj=dotted_name(each.function), id=check)


@register(TAG)
def check_types(**kwargs: object) -> list[CheckMessage]:
    hint = "Annotate it, as in `title: str`. Its type is in the schema, and arguments are checked against it."
    return [
        message_about(Error, "mcp_api.E002", each, f"The parameter {name} has no type.", hint)
        for each in primitives()
        for name in untyped(each.function)
    ]


@register(TAG)
def check_defaults(**kwargs: object) -> list[CheckMessage]:
    message = "The default {!r:.80} of {} in {} does not fit: {}."
    return [
        message_about(
            Error, "mcp_api.E016", each, message.format(unfit.default, unfit.name, each.name, unfit.problem), unfit.hint
        )
        for each in primitives()
        for unfit in unfit_defaults(each.arguments)
    ]


@register(TAG)
def check_results(**kwargs: object) -> list[CheckMessage]:
    """Models in the results of resources and prompts. Those of tools are found at their declaration."""
    return [
        message_about(
            Error, SCHEMA_CHECK, each, f"{each.name} returns {model.__name__}, which has no JSON Schema.", RETURN_HINT
        )
        for each in (*resources.resources.values(), *prompts.prompts.values())
        for model in models_in(hints_of(each.function).get("return"))
        if issubclass(model, Model)
    ]


@register(TAG)
def check_scopes(**kwargs: object) -> list[CheckMessage]:
    known = scopes.names(of_resource_only=True)
    hint = f'Use one of {", ".join(known)}, or declare it: `scope("{{}}", "What it lets a client do")`.'
    return [
        message_about(Error, "mcp_api.E004", each, f"The scope {name!r} does not exist.", hint.format(name))
        for each in primitives()
        for name in each.scopes
        if name not in known
    ]


@register(TAG)
def check_permissions(**kwargs: object) -> list[CheckMessage]:
    known = {name for model in apps.get_models() for name in permissions_of(model._meta)}
    hint = "Use the label of an installed app, a dot and a codename, as in `library.view_book`."
    return [
        message_about(Error, "mcp_api.E006", each, f"The permission {name!r} does not exist.", hint)
        for each in primitives()
        for name in each.permissions
        if name not in known
    ]


def permissions_of(meta: Any) -> Iterator[str]:
    """The permissions that `migrate` creates for a model with these Options."""
    yield from (f"{meta.app_label}.{action}_{meta.model_name}" for action in meta.default_permissions)
    yield from (f"{meta.app_label}.{codename}" for codename, _ in meta.permissions)


@register(TAG)
def check_descriptions(**kwargs: object) -> list[CheckMessage]:
    hint = "Describe in a sentence what it does. A model decides by the description whether to use it."
    return [
        message_about(Warning, "mcp_api.W001", each, f"{each.name} has no docstring.", hint)
        for each in primitives()
        if not each.description
    ]


@register(TAG)
def check_tool_names(**kwargs: object) -> list[CheckMessage]:
    hint = "Give it a name= of up to 64 letters, digits, - and _. The APIs of Claude and OpenAI accept no other names."
    return [
        message_about(Error, "mcp_api.E023", tool, f"Some clients cannot use a tool with the name {tool.name!r}.", hint)
        for tool in registry.tools.values()
        if not TOOL_NAME.fullmatch(tool.name)
    ]


@register(TAG)
def check_result_forms(**kwargs: object) -> list[CheckMessage]:
    forms = get_args(registry.ResultForm)
    hint = f"Use one of {', '.join(forms)}."
    message = "result_form= of {} is {!r:.80}."
    return [
        message_about(Error, "mcp_api.E024", tool, message.format(tool.name, tool.result_form), hint)
        for tool in registry.tools.values()
        if tool.result_form not in (None, *forms)
    ]


@register(TAG)
def check_parameter_names(**kwargs: object) -> list[CheckMessage]:
    hint = "Use up to 64 letters (a-z), digits, _, . and -."
    return [
        message_about(Error, SCHEMA_CHECK, tool, f"Clients reject a parameter with the name {name!r}.", hint)
        for tool in registry.tools.values()
        for name, _, _ in tool.arguments.parameters()
        if not PARAMETER_NAME.fullmatch(name)
    ]


@register(TAG)
def check_schemas(**kwargs: object) -> list[CheckMessage]:
    """Invalid schemas: a client that checks them would reject the tool, or the whole list of tools."""
    hint = "The additions of json_schema_extra=, and the schemas of serializers, must be JSON Schema 2020-12."
    return [
        message_about(Error, SCHEMA_CHECK, tool, f"{tool.name}: invalid JSON Schema: {error.message}", hint)
        for tool in registry.tools.values()
        for schema in (tool.arguments, tool.result)
        if schema is not None
        for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema.json_schema())
    ]


@register(TAG)
def check_roots(**kwargs: object) -> list[CheckMessage]:
    hint = "Use optional parameters, and check their combination in the tool."
    message = "The schema of {} has {} at its root, which some clients reject."
    return [
        message_about(Warning, "mcp_api.W003", tool, message.format(tool.name, keyword), hint)
        for tool in registry.tools.values()
        for keyword in COMBINED
        if keyword in tool.arguments.json_schema()
    ]

"""The tool of a REST framework action: its description and its input and output schemas."""

from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from rest_framework import serializers

from mcp_api.calls.context import Context
from mcp_api.integrations import rest_call
from mcp_api.integrations.json_schema import Schema, SchemaArguments, SchemaResult
from mcp_api.integrations.rest_action import CHECK_ID, Action, is_custom
from mcp_api.integrations.rest_call import Route
from mcp_api.integrations.rest_filters import arguments_of_filters, arguments_of_pages
from mcp_api.integrations.rest_schema import RequestSchema, ResponseSchema, page_schema
from mcp_api.registry.primitive import title_of
from mcp_api.registry.tools import Tool, hints
from mcp_api.schemas.declaration_errors import DeclarationError

# The types of URL arguments that `parents` of expose names.
KEYS: dict[type, Schema] = {
    int: {"type": "integer"},
    str: {"type": "string"},
    UUID: {"type": "string", "format": "uuid"},
}
# A view that overrides one of these returns data whose form is unknown before the call.
RESPONSE_METHODS = (
    *("get_serializer", "get_serializer_class", "paginate_queryset"),
    *("get_paginated_response", "finalize_response"),
)
DESCRIPTIONS = {
    "list": "List {plural}.",
    "get": "Get {plural}.",
    "retrieve": "Get one of the {plural}.",
    "create": "Add to the {plural}.",
    "post": "Add to the {plural}.",
    "update": "Replace one of the {plural}.",
    "put": "Replace one of the {plural}.",
    "partial_update": "Change one of the {plural}.",
    "patch": "Change one of the {plural}.",
    "destroy": "Delete one of the {plural}.",
    "delete": "Delete one of the {plural}.",
}


def tool_of(action: Action, name: str, declared_at: str, *, description: str, **fields: Any) -> Tool:
    """Return the tool `name` that runs `action`. `fields` are further ones of Tool. Raises DeclarationError."""
    action.require_parents()
    in_path, in_query = path_schemas(action), query_schemas(action)
    route = Route(action.as_view(), action.method, frozenset(in_path), frozenset(in_query))
    result = output_schema(action)

    def run(context: Context, arguments: dict[str, Any]) -> Any:
        return rest_call.call(route, context, arguments)

    run.__qualname__, run.__module__ = f"{action.view_class.__name__}.{action.name}", action.view_class.__module__
    run.declared_at = declared_at  # type: ignore[attr-defined]
    return Tool(
        name=name,
        title=title_of(name),
        description=description or description_of(action),
        function=run,
        arguments=SchemaArguments(input_schema(action, in_path, in_query)),
        read_only=action.is_read_only,
        annotations=hints(action.is_read_only, action.is_destructive, action.method != "post", False),
        result=None if result is None else SchemaResult(result),
        is_data=True,
        may_write=True,
        **fields,
    )


def description_of(action: Action) -> str:
    """The docstring of an action that the project wrote, or a sentence with the name of the model."""
    docstring = getattr(getattr(action.view_class, action.name), "__doc__", None)
    if docstring and (action.extra is not None or is_custom(action.view_class, action.name)):
        return " ".join(docstring.split())
    model = action.model
    plural = str(model._meta.verbose_name_plural) if model is not None else title_of(action.view_class.__name__)
    return DESCRIPTIONS[action.name].format(plural=plural) if action.name in DESCRIPTIONS else ""


# --- Input ---------------------------------------------------------------------------------------


def input_schema(action: Action, in_path: dict[str, Schema], in_query: dict[str, Schema]) -> Schema:
    """The arguments of the path, of the query and of the request body."""
    body = body_schema(action, in_path)
    properties = {**in_path, **in_query, **body.get("properties", {})}
    required = [*in_path, *body.get("required", [])]
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def path_schemas(action: Action) -> dict[str, Schema]:
    parents = {name: dict(KEYS[kind]) for name, kind in action.parents.items()}
    return parents | ({action.lookup: key_schema(action)} if action.is_detail else {})


def key_schema(action: Action) -> Schema:
    """The type of an object's key."""
    model, field_name = action.model, getattr(action.view_class, "lookup_field", "pk")
    try:
        field = model._meta.pk if field_name == "pk" else model._meta.get_field(field_name)  # type: ignore[union-attr]
    except (AttributeError, FieldDoesNotExist):
        return {"type": ["integer", "string"]}
    if isinstance(field, models.IntegerField):
        return {"type": "integer"}
    return {"type": "string", "format": "uuid"} if isinstance(field, models.UUIDField) else {"type": "string"}


def query_schemas(action: Action) -> dict[str, Schema]:
    """The arguments of filters and pages."""
    view = action.view_instance()
    filters = arguments_of_filters(view, action.model) if action.is_filtered else {}
    return filters | (arguments_of_pages(view) if action.is_paginated else {})


def body_schema(action: Action, in_path: dict[str, Schema]) -> Schema:
    """The fields of the request's serializer, without those that the path names."""
    serializer = action.request_serializer
    if serializer is None:
        return {}
    require_no_files(action, serializer)
    schema: Schema = RequestSchema().map_serializer(serializer)
    for name in schema["properties"].keys() & in_path.keys():
        del schema["properties"][name]
        schema["required"] = [each for each in schema.get("required", ()) if each != name]
    return schema


def require_no_files(action: Action, serializer: Any, where: str = "") -> None:
    """Raise DeclarationError for a required file: the requests of tools are JSON. Others are left out of the schema."""
    for field in serializer.fields.values():
        if isinstance(field, serializers.FileField) and field.required and not field.read_only:
            message = f"{action.view_class.__name__}.{action.name} requires the file {where}{field.field_name}."
            hint = f'JSON has no files. Name a serializer without it: serializers={{"{action.name}": …}}.'
            raise DeclarationError(CHECK_ID, message, hint)
        if isinstance(field, serializers.Serializer) and not field.read_only:
            require_no_files(action, field, f"{where}{field.field_name}.")


# --- Output --------------------------------------------------------------------------------------


def output_schema(action: Action) -> Schema | None:
    """The schema of the response; None if its form is not certain."""
    view_class = action.view_class
    if action.extra is not None or not hasattr(view_class, "get_serializer") or action.method == "delete":
        return None
    methods = (name for name in (action.name, *RESPONSE_METHODS) if hasattr(view_class, name))
    if any(is_custom(view_class, name) for name in methods):
        return None
    row: Schema = ResponseSchema().map_serializer(action.view_serializer())
    if not action.is_list:
        return row if row != {"type": "object"} else None
    rows: Schema = {"type": "array", "items": row}
    paginator = action.view_instance().paginator
    if paginator is None:
        return rows
    return page_schema(paginator, rows) if is_always_paginated(paginator) else None


def is_always_paginated(paginator: Any) -> bool:
    if is_custom(type(paginator), "get_paginated_response") or is_custom(type(paginator), "paginate_queryset"):
        return False
    return bool(getattr(paginator, "page_size", None) or getattr(paginator, "default_limit", None))

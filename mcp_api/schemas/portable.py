"""JSON Schemas in the form that most clients and models read (docs/schemas.md).

Some hosts pass a schema on to an API with a dialect of its own, such as OpenAPI's. It knows no `$ref`, no `const` and
no `prefixItems`, and the host drops the tool, or all tools of the server.
"""

import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

REFERENCE = "#/$defs/"
OUTSIDE_NAMES = re.compile(r"[^a-zA-Z0-9.\-_]")
# Keywords whose values are schemas, lists of schemas, or schemas by name.
OF_ONE = (
    *("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
OF_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
BY_NAME = ("properties", "patternProperties", "dependentSchemas")
# A schema may grow by inlining to so many times its size, and to so many schemas at least.
MOST_GROWTH = 4
MOST_SCHEMAS = 200
# Keywords that name a schema: copies of it would have the same name.
ANCHORS = {"$anchor", "$dynamicAnchor", "$id"}
# The formats of JSON Schema, and OpenAPI's for secrets, by which the page /tools/ knows them. Strict validators refuse
# others, such as pydantic's "path" and "binary".
FORMATS = {
    *(
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "uuid",
    ),
    *("uri", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex"),
    "password",
}
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def portable(schema: Schema) -> Schema:
    """Return `schema` with its definitions inlined and its keywords in their most common form.

    Definitions that refer to themselves, or that an anchor refers to, stay in `$defs`. So do all where inlining would
    make the schema much larger.
    """
    definitions: dict[str, Schema] = schema.get("$defs", {})
    kept = {name for name in definitions if _must_stay(name, definitions)}
    if _inlined_size(schema, definitions, kept) > max(MOST_SCHEMAS, MOST_GROWTH * _size(schema)):
        kept = set(definitions)
    inlined = {name: each for name, each in definitions.items() if name not in kept}
    whole = _rewritten({name: value for name, value in schema.items() if name != "$defs"}, inlined)
    if not kept:
        return whole
    return {**whole, "$defs": {name: _rewritten(untitled(definitions[name], name), inlined) for name in sorted(kept)}}


def _rewritten(schema: Any, inlined: dict[str, Schema]) -> Any:
    """Return a copy of `schema` in its portable form, with the definitions `inlined` instead of references to them."""
    if not isinstance(schema, dict):
        return schema
    name = _referred(schema)
    if name in inlined:
        # A description beside a reference is about this use of the definition.
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        return _rewritten({**untitled(inlined[name], name), **beside}, inlined)
    return _in_common_form({keyword: _part(keyword, value, inlined) for keyword, value in schema.items()})


def _part(keyword: str, value: Any, inlined: dict[str, Schema]) -> Any:
    if keyword in OF_ONE:
        return _rewritten(value, inlined)
    if keyword in OF_SEVERAL and isinstance(value, list):
        return [_rewritten(each, inlined) for each in value]
    if keyword in BY_NAME and isinstance(value, dict):
        return {name: _rewritten(each, inlined) for name, each in value.items()}
    return value


def _in_common_form(schema: Schema) -> Schema:
    """Replace keywords that some dialects do not know."""
    if "const" in schema:
        value = schema.pop("const")
        kind = TYPES.get(type(value))
        schema = {**({"type": kind} if kind else {}), **schema, "enum": [value]}
    if schema.get("format", "date") not in FORMATS:
        schema.pop("format")
    if "oneOf" in schema:
        # OpenAPI's keyword, with references to definitions that are gone.
        schema.pop("discriminator", None)
    if _is_tuple(schema):
        kinds: list[Any] = []
        for each in schema.pop("prefixItems"):
            item = {keyword: value for keyword, value in each.items() if keyword != "default"}
            kinds += [] if item in kinds else [item]
        schema["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return schema


def _is_tuple(schema: Schema) -> bool:
    """Return whether `schema` is that of a tuple: a list with a schema for each item. The last may be absent."""
    places = schema.get("prefixItems", [])
    are_objects = all(isinstance(each, dict) for each in places)
    return places != [] and are_objects and "items" not in schema and len(places) == schema.get("maxItems")


def untitled(definition: Schema, name: str) -> Schema:
    """Leave out the title that repeats the name of a class: it tells a model nothing.

    `name` is that of the class, or the one under which pydantic defines it: `Page_int_` for `Page[int]`.
    """
    title = definition.get("title")
    is_name = isinstance(title, str) and (title == name or name.endswith(OUTSIDE_NAMES.sub("_", title)))
    return {keyword: value for keyword, value in definition.items() if keyword != "title"} if is_name else definition


def _referred(schema: Schema) -> str:
    """Return the name of the definition that `schema` refers to, or ""."""
    reference = schema.get("$ref")
    return reference.removeprefix(REFERENCE) if isinstance(reference, str) and reference.startswith(REFERENCE) else ""


def inner_schemas(schema: Any) -> Iterator[Any]:
    """The schemas directly in `schema`."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in OF_ONE:
            yield value
        elif keyword in OF_SEVERAL and isinstance(value, list):
            yield from value
        elif keyword in BY_NAME and isinstance(value, dict):
            yield from value.values()


def _must_stay(name: str, definitions: dict[str, Schema]) -> bool:
    definition = definitions[name]
    return not ANCHORS.isdisjoint(definition) or name in _reachable(definition, definitions)


def _reachable(schema: Any, definitions: dict[str, Schema]) -> set[str]:
    """The names of the definitions to which `schema` refers, directly or through others."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        name = _referred(each) if isinstance(each, dict) else ""
        if name in definitions and name not in found:
            found.add(name)
            waiting.append(definitions[name])
        waiting.extend(inner_schemas(each))
    return found


def _size(schema: Schema) -> int:
    """The number of schemas in `schema`, with its definitions."""
    waiting, count = [schema, *schema.get("$defs", {}).values()], 0
    while waiting:
        count += 1
        waiting.extend(inner_schemas(waiting.pop()))
    return count


def _inlined_size(schema: Schema, definitions: dict[str, Schema], kept: set[str]) -> int:
    """The number of schemas in `schema` once all definitions but those in `kept` are inlined."""
    sizes: dict[str, int] = {}

    def size(each: Any) -> int:
        name = _referred(each) if isinstance(each, dict) else ""
        if name in definitions and name not in kept:
            if name not in sizes:
                sizes[name] = size(definitions[name])
            return sizes[name]
        return 1 + sum(size(inner) for inner in inner_schemas(each))

    return size(schema) + sum(size(definitions[name]) for name in kept)

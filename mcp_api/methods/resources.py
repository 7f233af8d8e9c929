"""`resources/list`, `resources/templates/list` and `resources/read` (spec: server/resources)."""

from typing import Any

from mcp_types import BlobResourceContents, TextResourceContents

from mcp_api.calls.call import Call
from mcp_api.errors import NotFound, Refused, ToolError
from mcp_api.methods.pagination import page
from mcp_api.methods.runner import checked, run
from mcp_api.policy.access import is_open_to, require_scopes
from mcp_api.registry import resources, targets
from mcp_api.registry.resources import Resource
from mcp_api.schemas.content import resource_contents
from mcp_api.schemas.input_schema import InvalidArguments
from mcp_api.schemas.output_schema import as_text
from mcp_api.schemas.rows import to_plain


def list_resources(call: Call) -> dict[str, Any]:
    fixed = (resource for resource in resources.resources.values() if not resource.is_template)
    return page(call, "resources", fixed, describe)


def list_templates(call: Call) -> dict[str, Any]:
    templates = (resource for resource in resources.resources.values() if resource.is_template)
    return page(call, "resourceTemplates", templates, describe)


def read(call: Call) -> dict[str, Any]:
    """Return the contents at a URI.

    Raises McpError if there are none or the resource raises ToolError, InsufficientScope if the token lacks a scope.
    """
    uri = call.request.params["uri"]
    found = resources.find(uri)
    if found is None or not is_open_to(call.principal, found[0]):
        raise targets.refusal(call.request)
    resource, variables = found
    require_scopes(call, resource)
    try:
        arguments = checked(resource.arguments, variables)
    except InvalidArguments as error:
        raise targets.refusal(call.request) from error
    try:
        value = run(resource.function, resource.arguments, arguments, call)
    except NotFound as error:
        raise targets.resource_not_found(call.request, str(error)) from error
    except ToolError as error:
        raise Refused(error) from error
    if value is None:
        raise targets.refusal(call.request)
    return {"contents": [contents(resource, uri, value)], "ttlMs": resource.ttl_ms(uri), "cacheScope": "private"}


def contents(resource: Resource, uri: str, value: Any) -> dict[str, Any]:
    """Return the contents of `value` on the wire. Contents with a MIME type of their own keep it."""
    if isinstance(value, TextResourceContents | BlobResourceContents):
        read = value.model_copy(update={"uri": uri})
    else:
        read = contents_of(value, uri, resource.mime_type)
    meta = {"_meta": resource.contents_meta} if resource.contents_meta else {}
    return {**read.model_dump(mode="json", by_alias=True, exclude_none=True), **meta}


def contents_of(value: Any, uri: str, mime_type: str) -> TextResourceContents | BlobResourceContents:
    default = "text/plain"
    if isinstance(value, bytes):
        default = "application/octet-stream"
    elif not isinstance(value, str):
        value, default = as_text(to_plain(value)), "application/json"
    return resource_contents(uri, value, mime_type or default)


def describe(resource: Resource) -> dict[str, Any]:
    address = "uriTemplate" if resource.is_template else "uri"
    kind = {"mimeType": resource.mime_type} if resource.mime_type else {}
    return {address: resource.address, "name": resource.name, **resource.listed(), **kind}

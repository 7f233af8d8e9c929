"""Apps on the page of a tool: the page is a host (SEP-1865), and an app is in a sandbox without an origin."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts.http.json_input import read_json
from accounts.resource_server.bearer import Principal
from mcp_api import local
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.playground.access import CAPABILITIES, debug_only, listed_tool, principal_of

# The answer to an app whose tool asks the person: an app cannot show the question.
ASKS = "This tool asks you something. Call it on its own page."


def shown_app(described: dict[str, Any], arguments: dict[str, Any], result: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the host of the page sends to the tool's app; None without an app, or without a result."""
    if "resourceUri" not in described.get("_meta", {}).get("ui", {}) or result.get("resultType") != "complete":
        return None
    return {"tool": described, "arguments": arguments, "result": result}


@require_safe
@debug_only
def page(request: HttpRequest, name: str) -> HttpResponse:
    """The document of the tool's app, with a policy of its own, for the frame in the page of the tool."""
    principal = principal_of(request)
    uri = (listed_tool(principal, name) or {}).get("_meta", {}).get("ui", {}).get("resourceUri")
    if uri is None:
        raise Http404
    try:
        [contents] = local.send_request(principal, "resources/read", {"uri": uri})["contents"]
    except (McpError, InsufficientScope) as error:
        raise Http404 from error
    allowed = contents.get("_meta", {}).get("ui", {}).get("csp", {})
    headers = {"Content-Security-Policy": policy(allowed), "X-Frame-Options": "SAMEORIGIN"}
    return HttpResponse(contents["text"], headers=headers)


def policy(allowed: dict[str, list[str]]) -> str:
    """Return the Content-Security-Policy of an app that declares these origins (McpUiResourceCsp)."""
    resources = " ".join(allowed.get("resourceDomains", []))
    nothing = "'none'"

    def origins(name: str) -> str:
        return " ".join(allowed.get(name, [])) or nothing

    return "; ".join(
        [
            # Without allow-same-origin: neither the cookies nor the pages of this server.
            "sandbox allow-scripts",
            "default-src 'none'",
            f"script-src 'unsafe-inline' {resources}".rstrip(),
            f"style-src 'unsafe-inline' {resources}".rstrip(),
            f"img-src data: {resources}".rstrip(),
            f"media-src data: {resources}".rstrip(),
            f"font-src {resources or nothing}",
            f"connect-src {origins('connectDomains')}",
            f"frame-src {origins('frameDomains')}",
            f"base-uri {origins('baseUriDomains')}",
            "form-action 'none'",
            "frame-ancestors 'self'",
        ]
    )


@csrf_protect
@require_POST
@debug_only
def call(request: HttpRequest, name: str) -> HttpResponse:
    """Call a tool for an app, as the person: a JSON object of arguments becomes a `result`, or an `error`."""
    principal = principal_of(request)
    described = listed_tool(principal, name)
    if described is None or not is_for_apps(described):
        return refused(404, f"There is no tool {name} for apps.")
    try:
        arguments = read_json(request.body)
    except (ValueError, RecursionError) as error:
        return refused(400, f"The arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        return refused(400, "The arguments are not a JSON object.")
    return answered(principal, name, arguments)


def answered(principal: Principal, name: str, arguments: dict[str, Any]) -> HttpResponse:
    params = {"name": name, "arguments": arguments}
    try:
        result = local.send_request(principal, "tools/call", params, capabilities=CAPABILITIES)
    except (McpError, InsufficientScope) as error:
        return refused(400, str(error))
    if result.get("resultType") == "input_required":
        result = {"content": [{"type": "text", "text": ASKS}], "isError": True}
    return JsonResponse({"result": result})


def is_for_apps(described: dict[str, Any]) -> bool:
    """Return whether apps may call a tool (SEP-1865): by default, they may."""
    return "app" in described.get("_meta", {}).get("ui", {}).get("visibility", ["model", "app"])


def refused(status: int, message: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)

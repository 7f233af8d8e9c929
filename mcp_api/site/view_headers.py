"""Response headers of our views in a site: those that middleware sets in this project (config/http/middleware.py)."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from accounts.http import cors
from accounts.http.address import endpoint_of
from accounts.http.page_headers import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY
from mcp_api.transport.origin import is_allowed

# Of Django's middleware, which leaves those that a response has.
EACH = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
# In seconds, for which a browser keeps the answer to a preflight.
PREFLIGHT_SECONDS = 86_400


def preflight(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to the question of a browser whether a page may send a request (Fetch standard, CORS)."""
    if not _is_for_programs(request) or request.method != "OPTIONS":
        return None
    return HttpResponse() if "Access-Control-Request-Method" in request.headers else None


def add_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Add to `response` of one of our views the headers that it has none of."""
    for name, value in EACH.items():
        response.setdefault(name, value)
    if _is_for_programs(request):
        add_cors(request, response)
    if response.get("Content-Type", "").startswith("text/html"):
        _add_for_page(response)


def add_cors(request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the headers by which a browser lets the page of an allowed origin read `response`."""
    patch_vary_headers(response, ("origin",))
    origin = request.headers.get("Origin")
    if origin is None or not (cors.is_open(request) or is_allowed(request)):
        return
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = ", ".join(cors.RESPONSE_HEADERS)
    if request.method == "OPTIONS":
        response["Access-Control-Allow-Methods"] = ", ".join(cors.METHODS)
        response["Access-Control-Allow-Headers"] = ", ".join(cors.REQUEST_HEADERS)
        response["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)


def _is_for_programs(request: HttpRequest) -> bool:
    return cors.is_open(request) or endpoint_of(request.path_info) is not None


def _add_for_page(response: HttpResponseBase) -> None:
    response.setdefault("Content-Security-Policy", _policy())
    response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    # A client may open the page in a pop-up and watch that window (config/settings/web.py).
    response.setdefault("Cross-Origin-Opener-Policy", "unsafe-none")
    if "Cache-Control" not in response:
        # A page names the signed-in person: the next person at the browser must not find it in the cache.
        add_never_cache_headers(response)


def _policy() -> str:
    """Return the policy of our pages, which also load static files from where the site has them."""
    files = urlsplit(static("oauth_mcp/pages.css"))
    more = [f"{files.scheme or 'https'}://{files.netloc}"] if files.netloc else []
    loaded = {name: [*sources, *more] for name, sources in CONTENT_SECURITY_POLICY.items() if "'self'" in sources}
    loaded["form-action"] = CONTENT_SECURITY_POLICY["form-action"]
    return "; ".join(f"{name} {' '.join(loaded.get(name, own))}" for name, own in CONTENT_SECURITY_POLICY.items())

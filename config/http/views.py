"""Views that belong to neither app: the front page, health, and a helpful 403."""

import logging
import sys
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.clients.redirect_uris import LOOPBACK_HOSTS
from accounts.db.errors import UNAVAILABLE
from accounts.http.address import resource
from accounts.responses import RETRY_AFTER_SECONDS, error_response
from config.http.not_found import prefers_html
from config.observability import readiness
from config.observability.database_probe import ask_database

logger = logging.getLogger(__name__)

# Ways to sign in. The sign-in page leads on where the person has signed in meanwhile.
SIGN_IN = {"account_login", "mfa_login_webauthn", "openid_connect_login"}
# Other pages that lose nothing by being loaded again.
RELOADED = {
    "account_logout",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "authorize",
    "connected_apps",
    "device",
    "set_language",
    "sign_out",
}
OUTDATED = gettext_lazy(
    "The page was out of date, so nothing was done. This is the current one: please check it, and try again."
)
OTHER_HOST = "This server has another host name."
# In characters, of an address that is repeated in another one.
LONGEST_NEXT = 2500


def server_name(request: HttpRequest) -> dict[str, object]:
    """Context for every template."""
    return {"server_name": settings.SERVER_NAME, "debug": settings.DEBUG}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    is_loopback = request.get_host().rsplit(":", 1)[0].strip("[]") in LOOPBACK_HOSTS
    return render(request, "home.html", {"mcp_url": resource(request), "is_loopback": is_loopback})


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Respond with 200 while the database responds, otherwise with 503; only the log has the reason."""
    try:
        ask_database()
        status, code = "healthy", 200
    except Error as error:
        logger.warning("The database does not respond: %s", error)
        status, code = "unhealthy", 503
    return JsonResponse({"status": status, "timestamp": timezone.now().isoformat()}, status=code)


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Respond with 200 while this process runs: a restart would not repair anything else."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Respond with 200 while this process can serve requests, with or without Redis; otherwise with 503."""
    is_ready = readiness.is_ready()
    return JsonResponse({"status": "ready" if is_ready else "not ready"}, status=200 if is_ready else 503)


@require_safe
def to_admin(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:index"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the current page in place of an outdated one, and otherwise the page with status 403.

    A sign-in replaces the token, so that the pages in other tabs are outdated. The form's action is not done.
    """
    name = "" if request.resolver_match is None else request.resolver_match.url_name
    # Not for other reasons: a form of another site, and a browser that blocks cookies.
    if not reason.startswith("CSRF token from POST") or name not in SIGN_IN | RELOADED:
        return render(request, "403_csrf.html", status=403)
    if name in RELOADED or not request.user.is_authenticated:
        messages.warning(request, OUTDATED)
    if name not in SIGN_IN and "next" not in request.POST:
        return HttpResponseRedirect(request.get_full_path())
    path = reverse("account_login") if name in SIGN_IN else request.path
    following = request.POST.get("next") or request.GET.get("next", "")
    query = f"?{urlencode({'next': following}, safe='/')}" if 0 < len(following) <= LONGEST_NEXT else ""
    return HttpResponseRedirect(path + query)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page, or JSON for a program that uses another host name.

    The page has no context processors: the one for CSRF would read the invalid body, and fail with 500.
    """
    if isinstance(exception, DisallowedHost) and not prefers_html(request):
        return error_response("invalid_request", f"{OTHER_HOST} Its address is {settings.PUBLIC_URL}.")
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    context = {"server_name": settings.SERVER_NAME, "status": status}
    return HttpResponse(render_to_string("400.html", context), status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """Respond with 500, or with 503 and Retry-After while the database is unavailable.

    The templates have no context processors, which might query the database.
    """
    context = {"server_name": settings.SERVER_NAME}
    if isinstance(sys.exc_info()[1], UNAVAILABLE):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(render_to_string("503.html", context), status=503, headers=headers)
    return HttpResponse(render_to_string("500.html", context), status=500)

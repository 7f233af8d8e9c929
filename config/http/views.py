"""Views that belong to neither app: the front page, health, and a helpful 403."""

import logging
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.clients.redirect_uris import LOOPBACK_HOSTS
from accounts.db.errors import UNAVAILABLE
from accounts.http.address import resource
from accounts.responses import RETRY_AFTER_SECONDS
from config.observability import readiness
from config.observability.database_probe import ask_database

logger = logging.getLogger(__name__)


def server_name(request: HttpRequest) -> dict[str, object]:
    """Context for every template."""
    return {"server_name": settings.SERVER_NAME, "debug": settings.DEBUG}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    is_loopback = request.get_host().rsplit(":", 1)[0].strip("[]") in LOOPBACK_HOSTS
    return render(request, "home.html", {"mcp_url": resource(request), "is_loopback": is_loopback})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("accounts/mark.svg"))


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
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Render the page without a context processor: the one for CSRF would read the invalid body, and fail with 500."""
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

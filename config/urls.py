"""Every path of the server. Endpoints respond with and without a trailing slash, and do not redirect."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from accounts.oauth.metadata import UnknownDocumentView
from config.http import views
from config.http.not_found import ANSWERED, NotFoundView
from config.own_apps import urls_of

urlpatterns = [
    # First, as it has the most requests.
    path("", include("mcp_api.urls")),
    path("", views.home, name="home"),
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^health/live/?$", views.live),
    re_path(r"^health/ready/?$", views.ready),
    re_path(r"^admin$", views.to_admin),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    re_path(r"^\.well-known/", UnknownDocumentView.as_view()),
    path("", include("accounts.people.urls")),
    path("", include("mcp_api.playground.urls")),
    # The operator's own, last, so that they cannot replace any of the above.
    *(path("", include(module)) for module in urls_of(settings.APPS, settings.BASE_DIR)),
    # After those, which may have a page at such an address.
    re_path(ANSWERED, NotFoundView.as_view()),
]

handler429 = "accounts.rate_limits.page.too_many"  # allauth's name for it
handler404 = "config.http.not_found.not_found"
handler400 = "config.http.views.bad_request"
handler500 = "config.http.views.server_error"

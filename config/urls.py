"""Every path of the server. Each endpoint answers with and without a final slash; none redirects."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from config.http import views
from config.own_apps import urls_of

urlpatterns = [
    # First, as it is asked for most.
    path("", include("mcp_api.urls")),
    path("", views.home, name="home"),
    # Browsers ask for it on pages that name no icon, such as admin's.
    path("favicon.ico", views.favicon),
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^health/live/?$", views.live),
    re_path(r"^health/ready/?$", views.ready),
    re_path(r"^admin$", views.to_admin),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("mcp_api.playground.urls")),
    # Yours, after all of the above: none of them can be taken over by mistake.
    *(path("", include(module)) for module in urls_of(settings.APPS, settings.BASE_DIR)),
]

handler400 = "config.http.views.bad_request"
handler500 = "config.http.views.server_error"

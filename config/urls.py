"""Every path of the server. Each endpoint answers with and without a final slash; none redirects."""

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.module_loading import module_has_submodule

from config import views

urlpatterns = [
    # First, as it is asked for most.
    path("", include("mcp_api.urls")),
    path("", views.home, name="home"),
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^health/live/?$", views.live),
    re_path(r"^health/ready/?$", views.ready),
    re_path(r"^admin$", views.to_admin),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("mcp_api.trial.urls")),
    # Yours, after all of the above: none of them can be taken over by mistake.
    *(path("", include(f"{app}.urls")) for app in settings.APPS if module_has_submodule(import_module(app), "urls")),
]

handler400 = "config.views.bad_request"
handler500 = "config.views.server_error"

"""Every path of the server. Each endpoint answers with and without a final slash; none redirects."""

from django.contrib import admin
from django.urls import include, path, re_path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    re_path(r"^health/?$", views.health, name="health"),
    re_path(r"^admin$", views.to_admin),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("mcp_api.urls")),
    path("", include("mcp_api.trial.urls")),
]

handler400 = "config.views.bad_request"

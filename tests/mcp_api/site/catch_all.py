"""URLs of a site, one of which matches every address."""

from django.urls import include, re_path
from django.views.generic import TemplateView

urlpatterns = [re_path(r"", TemplateView.as_view()), re_path(r"", include("mcp_api.site.urls"))]

from django.urls import re_path

from mcp_api.transport.views import McpView

urlpatterns = [re_path(r"^mcp/?$", McpView.as_view(), name="mcp")]

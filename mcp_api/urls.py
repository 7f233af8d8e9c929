from django.urls import re_path

from mcp_api.extensions.tasks.page import CancelTaskView
from mcp_api.transport.views import McpView

urlpatterns = [
    re_path(r"^mcp/?$", McpView.as_view(), name="mcp"),
    re_path(r"^apps/tasks/cancel/?$", CancelTaskView.as_view(), name="cancel_task"),
]

from django.urls import re_path

from accounts.http.paths import ENDPOINT_NAME
from mcp_api.extensions.tasks.page import CancelTaskView
from mcp_api.transport.views import McpView

app_name = "mcp_api"
urlpatterns = [
    re_path(r"^mcp/?$", McpView.as_view(), name="mcp"),
    re_path(rf"^mcp/{ENDPOINT_NAME}/?$", McpView.as_view()),
    re_path(r"^apps/tasks/cancel/?$", CancelTaskView.as_view(), name="cancel_task"),
]

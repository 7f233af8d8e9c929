from django.urls import path

from mcp_api.playground import apps, views

app_name = "mcp_playground"
urlpatterns = [
    path("tools/", views.tools, name="tools"),
    path("tools/app/<path:name>", apps.page, name="tool_app"),
    path("tools/app-call/<path:name>", apps.call, name="tool_app_call"),
    path("tools/<path:name>", views.tool, name="tool"),
]

from django.urls import path

from mcp_api.playground import views

urlpatterns = [
    path("tools/", views.tools, name="tools"),
    path("tools/<path:name>", views.tool, name="tool"),
]

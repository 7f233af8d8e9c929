from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class McpApiConfig(AppConfig):
    name = "mcp_api"
    verbose_name = "MCP server"

    def ready(self) -> None:
        autodiscover_modules("mcp_tools")

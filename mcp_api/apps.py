from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class McpApiConfig(AppConfig):
    name = "mcp_api"
    verbose_name = "MCP server"

    def ready(self) -> None:
        from mcp_api import checks, policy_changes  # noqa: F401 - importing them connects them

        autodiscover_modules("mcp_tools")

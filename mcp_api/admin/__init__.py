"""Admin of the MCP server: the policy of tools, resources, prompts and skills, toolsets, and tasks."""

from mcp_api.admin.policies import PolicyAdmin, add_missing
from mcp_api.admin.tasks import TaskAdmin
from mcp_api.admin.toolsets import ToolsetAdmin

__all__ = ["PolicyAdmin", "TaskAdmin", "ToolsetAdmin", "add_missing"]

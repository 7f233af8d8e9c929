"""Admin of the MCP server: the policy of tools, resources, prompts and skills, and tasks."""

from mcp_api.admin.policies import PolicyAdmin, add_missing
from mcp_api.admin.tasks import TaskAdmin

__all__ = ["PolicyAdmin", "TaskAdmin", "add_missing"]

"""Admin of the MCP server: the policy of tools, resources, prompts and skills, and tasks."""

from mcp_api.admin.policies import PolicyAdmin
from mcp_api.admin.tasks import TaskAdmin

__all__ = ["PolicyAdmin", "TaskAdmin"]

"""Tools, resources and prompts that the harness calls by name: its scenarios define what each takes and returns."""

from tests.conformance.mcp_tools import content, input_requests, prompts, resources, streaming, tasks

__all__ = ["content", "input_requests", "prompts", "resources", "streaming", "tasks"]

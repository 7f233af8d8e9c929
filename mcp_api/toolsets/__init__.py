"""Toolsets: endpoints of their own, /mcp/NAME, each with some of the tools, resources, prompts and skills."""

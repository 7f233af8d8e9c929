"""MCP Apps (SEP-1865): pages that clients show beside the results of tools."""

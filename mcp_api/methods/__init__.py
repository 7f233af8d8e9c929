"""Handlers of the MCP methods, a module per area of the specification: each takes a Call and returns a wire result."""

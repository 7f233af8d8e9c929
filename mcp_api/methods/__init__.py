"""What each MCP method does, a module per area of the specification. A handler takes a Call, returns a wire result."""

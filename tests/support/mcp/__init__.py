"""Results of MCP calls, and the schemas of tools, as tests read them."""

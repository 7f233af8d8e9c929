"""Programs on FastMCP, which run in an environment of their own."""

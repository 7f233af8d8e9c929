"""Handlers of the MCP methods, one module for each area of the specification, and the table of them (table.py)."""

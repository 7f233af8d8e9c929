"""Tests of admin of the MCP server."""

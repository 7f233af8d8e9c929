"""Tests of MCP Apps (SEP-1865)."""

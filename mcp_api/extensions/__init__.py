"""The seam for MCP extensions (SEP-2133): base class and registry; the folders are the extensions of this server."""

"""Programs of the Python SDK's own server."""

"""Tag of the checks, for `manage.py check --tag`."""

TAG = "mcp_api"

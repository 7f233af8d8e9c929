"""Paths of the API endpoints, which use no cookie; all other paths are pages."""

# Metadata is public; register, token and revoke authenticate by parameters or the Authorization header.
OAUTH_API_PATHS = r"(oauth/(register|token|revoke|device_authorization)(/|$)|\.well-known/)"
# The name of a further MCP endpoint, below the first.
ENDPOINT_NAME = r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?"
# The part of a regular expression that follows the first slash.
API_PATHS = rf"(mcp(/{ENDPOINT_NAME})?/?$|{OAUTH_API_PATHS})"

"""Paths of the API endpoints, which use no cookie; all other paths are pages."""

# Metadata is public; register, token and revoke authenticate by parameters or the Authorization header.
OAUTH_API_PATHS = r"(oauth/(register|token|revoke|device_authorization)(/|$)|\.well-known/)"
# The part of a regular expression that follows the first slash.
API_PATHS = rf"(mcp/?$|{OAUTH_API_PATHS})"

"""Paths of the endpoints for programs, which take no cookie; pages for people have all others."""

# Metadata is public; register, token and revoke authenticate by what the request itself carries.
OAUTH_API_PATHS = r"(oauth/(register|token|revoke)(/|$)|\.well-known/)"
# The part of a regular expression that follows the first slash.
API_PATHS = rf"(mcp/?$|{OAUTH_API_PATHS})"

"""Presets of the form that adds a client, for apps whose redirect URIs are known."""

from urllib.parse import urlencode

# Registered by hand, these apps send a secret in the body.
PRESETS = {
    "Claude": ("https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"),
    "ChatGPT": ("https://chatgpt.com/connector_platform_oauth_redirect",),
}


def preset_links() -> list[tuple[str, str]]:
    """Return the name of each preset, and the query with which Django's form begins with its values."""
    return [
        (
            name,
            urlencode(
                {"name": name, "redirect_uris": " ".join(uris), "token_endpoint_auth_method": "client_secret_post"}
            ),
        )
        for name, uris in PRESETS.items()
    ]

"""The wheel: `accounts` and `mcp_api` for a Django project that is not this one, as packages of `oauth_mcp`."""

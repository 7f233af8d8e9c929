"""A complete environment for production."""

import secrets

GOOD = {
    "SECRET_KEY": secrets.token_urlsafe(50),
    "PUBLIC_URL": "https://mcp.example.com",
    "DATABASE_URL": "sqlite://:memory:",
}

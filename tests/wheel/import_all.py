"""Run in a site: import all modules of the wheel, and print those of the names that the checkout has."""

import importlib
import pkgutil
import sys

import django
from django.conf import settings

models = {"APPLICATION": "Client", "GRANT": "Grant", "ACCESS_TOKEN": "AccessToken", "REFRESH_TOKEN": "RefreshToken"}
apps = ["admin", "auth", "contenttypes", "sessions", "messages"]
sign_in = ["allauth", "allauth.account", "allauth.mfa", "allauth.socialaccount"]
ours = ["oauth_mcp.accounts", "oauth_mcp.mcp_api"]
label = vars(importlib.import_module("oauth_mcp.accounts.apps").AccountsConfig).get("label", "accounts")
settings.configure(
    INSTALLED_APPS=[*(f"django.contrib.{app}" for app in apps), *sign_in, *ours, "oauth2_provider", "rest_framework"],
    SECRET_KEY="known to everybody and as long as a key must be: for tests alone",
    PUBLIC_URL="https://site.example",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"],
    OAUTH2_PROVIDER={},
    # Modules of pages of people can be imported with this model alone.
    AUTH_USER_MODEL=f"{label}.User",
    **{f"OAUTH2_PROVIDER_{name}_MODEL": f"{label}.{model}" for name, model in models.items()},
    OAUTH2_PROVIDER_ID_TOKEN_MODEL=f"{label}.IDToken",
)
django.setup()

oauth_mcp = importlib.import_module("oauth_mcp")

for module in pkgutil.walk_packages(oauth_mcp.__path__, "oauth_mcp."):
    importlib.import_module(module.name)
for name in oauth_mcp.__all__:
    if name != "configure":
        getattr(oauth_mcp, name)
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("accounts", "mcp_api")))

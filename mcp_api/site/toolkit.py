"""Settings of django-oauth-toolkit, which are the same in this project and in other sites.

The names of modules and of models are those under which the two packages are imported here.
"""

from typing import Any

from accounts.apps import AccountsConfig

accounts = AccountsConfig.__module__.removesuffix(".apps")
# Of the models. Django derives it from the name of an app that has none of its own.
LABEL: str = vars(AccountsConfig).get("label") or accounts.rpartition(".")[2]
MODELS = {
    "APPLICATION": "Client",
    "GRANT": "Grant",
    "ACCESS_TOKEN": "AccessToken",
    "REFRESH_TOKEN": "RefreshToken",
    "ID_TOKEN": "IDToken",
}
# What RFC 9700 demands, for which the toolkit has a switch each.
RFC9700 = (
    "IMPLICIT_GRANT",
    "PASSWORD_GRANT",
    "PKCE_METHOD",
    "ACCESS_TOKEN_TRANSPORT",
    "AUTHZ_RESPONSE_ISS",
    "TOKEN_STORAGE",
    "REFRESH_TOKEN",
    "REDIRECT_URI_SCHEME",
    "REDIRECT_URI_MATCHING",
    "PKCE_REQUIRED",
)
# For random client secrets alone, never for a person's password (accounts/client_credentials/hashers.py).
SECRET_HASHER = f"{accounts}.client_credentials.hashers.RandomSecretHasher"


def models() -> dict[str, str]:
    """Return the settings OAUTH2_PROVIDER_…_MODEL."""
    return {f"OAUTH2_PROVIDER_{setting}_MODEL": f"{LABEL}.{model}" for setting, model in MODELS.items()}


def rules(public_url: str) -> dict[str, Any]:
    """Return the keys of OAUTH2_PROVIDER that the authorization server relies on."""
    return {
        "ACCESS_TOKEN_GENERATOR": f"{accounts}.crypto.token_values.generate_access_token",
        "REFRESH_TOKEN_GENERATOR": f"{accounts}.crypto.token_values.generate_refresh_token",
        "CLIENT_SECRET_GENERATOR_LENGTH": 64,
        "CLIENT_SECRET_HASHER": "random_secret_sha256",
        "OAUTH2_SERVER_CLASS": f"{accounts}.grants.server.AuthorizationServer",
        "OAUTH2_BACKEND_CLASS": f"{accounts}.grants.oauthlib_backend.OAuthLibCore",
        "OAUTH2_VALIDATOR_CLASS": f"{accounts}.grants.validator.OAuth2Validator",
        "OAUTH_PRE_TOKEN_VALIDATION": [],
        "SCOPES_BACKEND_CLASS": f"{accounts}.scopes.Scopes",
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
        "PKCE_REQUIRED": True,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "OIDC_ISS_ENDPOINT": public_url,
        "APPLICATION_ADMIN_CLASS": f"{accounts}.admin.ClientAdmin",
        "ACCESS_TOKEN_ADMIN_CLASS": f"{accounts}.admin.AccessTokenAdmin",
        "REFRESH_TOKEN_ADMIN_CLASS": f"{accounts}.admin.RefreshTokenAdmin",
        "GRANT_ADMIN_CLASS": f"{accounts}.admin.GrantAdmin",
        "ID_TOKEN_ADMIN_CLASS": f"{accounts}.admin.IDTokenAdmin",
        **{f"COMPLIANT_BCP_RFC9700_{name}": True for name in RFC9700},
    }


def lifetimes(*, access_token_minutes: int, refresh_token_days: int, code_minutes: int) -> dict[str, int]:
    """Return the keys of OAUTH2_PROVIDER for how long codes and tokens live, in seconds."""
    return {
        "ACCESS_TOKEN_EXPIRE_SECONDS": access_token_minutes * 60,
        "REFRESH_TOKEN_EXPIRE_SECONDS": refresh_token_days * 24 * 3600,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": code_minutes * 60,
    }

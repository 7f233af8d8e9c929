"""The authorization server: lifetimes, registration, django-oauth-toolkit."""

from config.settings.environment import env
from config.settings.server import PUBLIC_URL
from mcp_api.conf import Settings as Defaults

OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth_mcp.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth_mcp.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth_mcp.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth_mcp.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oauth_mcp.IDToken"

AUTHORIZATION_CODE_EXPIRE_MINUTES = env.int(
    "AUTHORIZATION_CODE_EXPIRE_MINUTES", default=Defaults.AUTHORIZATION_CODE_EXPIRE_MINUTES
)
# For how long a refresh token that was exchanged still gets the newest pair; later, its use counts as theft.
REFRESH_GRACE_SECONDS = env.int("REFRESH_GRACE_SECONDS", default=Defaults.REFRESH_GRACE_SECONDS)
ACCESS_TOKEN_EXPIRE_MINUTES = env.int("ACCESS_TOKEN_EXPIRE_MINUTES", default=Defaults.ACCESS_TOKEN_EXPIRE_MINUTES)
REFRESH_TOKEN_EXPIRE_DAYS = env.int("REFRESH_TOKEN_EXPIRE_DAYS", default=Defaults.REFRESH_TOKEN_EXPIRE_DAYS)
# DPoP proofs without a nonce of this server are refused, with a nonce for the next attempt (accounts/dpop/nonces.py).
DPOP_NONCE_REQUIRED = env.bool("DPOP_NONCE_REQUIRED", default=Defaults.DPOP_NONCE_REQUIRED)
# "open": anyone may add a client; "reviewed": an admin approves it before its first use; "closed": only admins add one.
# It applies to metadata documents too, which CLIENT_DOCUMENT_HOSTS limits further, to hosts such as ".example.com".
REGISTRATION = env.str("REGISTRATION", default=Defaults.REGISTRATION)
CLIENT_DOCUMENT_HOSTS = env.list("CLIENT_DOCUMENT_HOSTS", default=Defaults.CLIENT_DOCUMENT_HOSTS)
# Days for which `manage.py prune` keeps events; 0 is for ever.
AUDIT_DAYS = env.int("AUDIT_DAYS", default=Defaults.AUDIT_DAYS)
# Days for which it keeps unused clients that registered themselves; 0 is for ever.
CLIENT_DAYS = env.int("CLIENT_DAYS", default=Defaults.CLIENT_DAYS)
# Private-use redirect schemes without a dot; those with one (`com.example.app:`) need no entry.
PRIVATE_SCHEMES = env.list("PRIVATE_SCHEMES", default=Defaults.PRIVATE_SCHEMES)

OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": ACCESS_TOKEN_EXPIRE_MINUTES * 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": REFRESH_TOKEN_EXPIRE_DAYS * 24 * 3600,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": AUTHORIZATION_CODE_EXPIRE_MINUTES * 60,
    "ACCESS_TOKEN_GENERATOR": "accounts.crypto.token_values.generate_access_token",
    "REFRESH_TOKEN_GENERATOR": "accounts.crypto.token_values.generate_refresh_token",
    "CLIENT_SECRET_GENERATOR_LENGTH": 64,
    "CLIENT_SECRET_HASHER": "random_secret_sha256",
    "OAUTH2_SERVER_CLASS": "accounts.grants.server.AuthorizationServer",
    "OAUTH2_BACKEND_CLASS": "accounts.grants.oauthlib_backend.OAuthLibCore",
    "OAUTH2_VALIDATOR_CLASS": "accounts.grants.validator.OAuth2Validator",
    "OAUTH_PRE_TOKEN_VALIDATION": [],
    "SCOPES_BACKEND_CLASS": "accounts.scopes.Scopes",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "PKCE_REQUIRED": True,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "OIDC_ISS_ENDPOINT": PUBLIC_URL,
    "APPLICATION_ADMIN_CLASS": "accounts.admin.ClientAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "accounts.admin.AccessTokenAdmin",
    "REFRESH_TOKEN_ADMIN_CLASS": "accounts.admin.RefreshTokenAdmin",
    "GRANT_ADMIN_CLASS": "accounts.admin.GrantAdmin",
    "ID_TOKEN_ADMIN_CLASS": "accounts.admin.IDTokenAdmin",
    **{
        f"COMPLIANT_BCP_RFC9700_{gate}": True
        for gate in (
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
    },
}

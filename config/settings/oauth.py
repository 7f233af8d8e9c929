"""The authorization server: lifetimes, registration, django-oauth-toolkit."""

from config.settings.environment import env
from config.settings.server import PUBLIC_URL
from mcp_api.conf import Settings as Defaults
from mcp_api.site import toolkit

vars().update(toolkit.models())  # OAUTH2_PROVIDER_APPLICATION_MODEL and its like

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
    **toolkit.lifetimes(
        access_token_minutes=ACCESS_TOKEN_EXPIRE_MINUTES,
        refresh_token_days=REFRESH_TOKEN_EXPIRE_DAYS,
        code_minutes=AUTHORIZATION_CODE_EXPIRE_MINUTES,
    ),
    **toolkit.rules(PUBLIC_URL),
}

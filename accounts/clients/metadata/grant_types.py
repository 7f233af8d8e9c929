"""The grant types of this server (RFC 7591 section 2)."""

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a name
CLIENT_CREDENTIALS = "client_credentials"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name

# Those that a client may register for itself. The operator gives the others in admin.
REGISTRABLE = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE, JWT_BEARER)
DEFAULT = (AUTHORIZATION_CODE, REFRESH_TOKEN)
# Those that send a person's browser back to the client, which therefore needs a redirect URI.
REDIRECTING = frozenset({AUTHORIZATION_CODE})

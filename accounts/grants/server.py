"""oauthlib's server with every grant of this authorization server."""

from typing import Any

from oauthlib.oauth2 import RequestValidator, WebApplicationServer

from accounts.grants.device.grant import DeviceCodeGrant
from accounts.grants.direct.client_credentials import ClientCredentialsGrant
from accounts.grants.direct.grant import DirectGrant
from accounts.grants.direct.jwt_bearer import JWTBearerGrant
from accounts.grants.exchange.grant import TokenExchangeGrant

# The grants beside authorization codes and refresh tokens.
DIRECT_GRANTS: tuple[type[DirectGrant], ...] = (
    ClientCredentialsGrant,
    DeviceCodeGrant,
    JWTBearerGrant,
    TokenExchangeGrant,
)
GRANT_TYPES = ("authorization_code", "refresh_token", *(grant.grant_type for grant in DIRECT_GRANTS))


class AuthorizationServer(WebApplicationServer):
    """The endpoints of RFC 6749, with the grants in DIRECT_GRANTS at the token endpoint."""

    def __init__(self, request_validator: RequestValidator, *args: Any, **kwargs: Any) -> None:
        super().__init__(request_validator, *args, **kwargs)
        self.grant_types.update({grant.grant_type: grant(request_validator) for grant in DIRECT_GRANTS})

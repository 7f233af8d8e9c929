"""The device authorization endpoint (RFC 8628 section 3.1): a device code, and the user code to show."""

import json
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts import rate_limits, scopes
from accounts.clients.metadata import grant_types
from accounts.crypto.token_values import checksum
from accounts.grants.device import codes
from accounts.grants.oauthlib_backend import OAuthLibCore, context_of
from accounts.grants.validator import OAuth2Validator
from accounts.http.address import client_network, endpoint, issuer
from accounts.models import Client, Event, ProtectedResource
from accounts.models.device_codes import ISSUED
from accounts.oauth.token import OAuthlibResponse, TokenView
from accounts.protected_resources import targets
from accounts.protected_resources.metadata import narrow


class DeviceAuthorizationView(TokenView):
    """POST: the client authenticates as at the token endpoint. It gets no access before a person approves."""

    kind = Event.Kind.AUTHORIZATION

    def action_of(self, request: HttpRequest) -> str:
        return ISSUED

    def oauthlib_response(self, request: HttpRequest) -> OAuthlibResponse:
        asked, validator = self.oauthlib_request(request)
        # A client's secret in an address would be in the log of each proxy (RFC 6749 section 2.3.1).
        if asked.uri_query:
            raise errors.InvalidRequestError(description="Send the parameters in the body: the address must have none.")
        validator.authenticate_client(asked)
        if not asked.client.has_grant_type(grant_types.DEVICE_CODE):
            raise errors.UnauthorizedClientError(
                description=f"This client did not register for {grant_types.DEVICE_CODE}."
            )
        granted, target = requested(asked)
        rate_limits.hit(*quotas_of(request, asked.client))
        issued = codes.issue(asked, granted, target)
        return {"Content-Type": "application/json"}, json.dumps(describe(issued, request)), 200

    def oauthlib_request(self, request: HttpRequest) -> tuple[Request, OAuth2Validator]:
        core = cast(OAuthLibCore, self.get_oauthlib_core())
        return Request(*core._extract_params(request)), core.server.request_validator


def requested(request: Request) -> tuple[list[str], ProtectedResource | None]:
    """Return the scopes and the resource that the device requests, as the authorization endpoint reads them."""
    named = [value for name, value in request.decoded_body if name == "resource"]
    target = targets.choose(named, context_of(request).resource)
    # oauthlib's request raises AttributeError for a parameter that was not sent.
    known = scopes.narrow((getattr(request, "scope", None) or "").split(), request.client)
    return narrow(known, target) if target is not None else known, target


def quotas_of(request: HttpRequest, client: Client) -> list[rate_limits.Quota]:
    """Return the quotas of open codes. A client's is counted by address, so that others cannot use it up."""
    network = client_network(request)
    return rate_limits.quotas(
        device_codes_client=f"{checksum(client.client_id)} {network}",
        device_codes_address=network,
        device_codes_total="",
    )


def describe(issued: codes.Issued, request: HttpRequest) -> dict[str, Any]:
    """Return the response (RFC 8628 section 3.2)."""
    page = endpoint(issuer(request), "oauth_mcp:device")
    return {
        "device_code": issued.device_code,
        "user_code": issued.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?{urlencode({'user_code': issued.user_code})}",
        "expires_in": int(codes.LIFETIME.total_seconds()),
        "interval": issued.row.interval,
    }

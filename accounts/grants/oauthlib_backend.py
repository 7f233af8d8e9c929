"""Conversion of Django's request to oauthlib's. Malformed parameters are refused first.

oauthlib parses queries strictly and raises ValueError for some that browsers send; databases refuse NUL. Django has
decoded the parameters already, so they are encoded again for oauthlib.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from oauth2_provider import oauth2_backends
from oauth2_provider.exceptions import OAuthToolkitError
from oauthlib.common import Request, urlencode
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientIdError,
    InvalidGrantError,
    InvalidRequestFatalError,
)

from accounts.clients.documents import LONGEST_CLIENT_ID
from accounts.clients.redirect_uris import LONGEST_URI as LONGEST_REDIRECT_URI
from accounts.dpop.proofs import Proof
from accounts.dpop.token_requests import check_thumbprint, proof_of
from accounts.grants.parties import Parties, parties_of
from accounts.grants.redirect_parameters import add_parameters, added_parameters
from accounts.grants.sign_in_requirements import SignInRequirements
from accounts.http import address
from accounts.protected_resources import targets
from accounts.protected_resources.metadata import narrow, requested_of
from accounts.scopes import LONGEST_SCOPE
from accounts.signing.access_tokens import LONGEST_JWT

FORM = "application/x-www-form-urlencoded"
# RFC 8707 section 2: "Multiple resource parameters MAY be used". RFC 8693 section 2.1: the same for audience.
REPEATABLE = frozenset({"resource", "audience"})
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
# The largest sizes of parameters, in characters. The size of a client_assertion is checked where it is read
# (accounts/client_credentials/assertions.py).
LONGEST_VALUES = {
    "actor_token": 8192,
    "actor_token_type": 256,
    "assertion": 8192,
    "audience": 2000,
    "client_assertion_type": 256,
    "client_id": LONGEST_CLIENT_ID,
    # This server's secrets have 64; HTTP Basic is checked where it is decoded.
    "client_secret": 256,
    "code": 256,
    # RFC 7636 sections 4.1 and 4.2.
    "code_challenge": 128,
    "code_challenge_method": 32,
    "code_verifier": 128,
    "device_code": 256,
    "grant_type": 256,
    "dpop_jkt": 256,
    # OpenID Connect Core section 3.1.2.1, in seconds.
    "max_age": 10,
    "prompt": 256,
    "redirect_uri": LONGEST_REDIRECT_URI,
    "refresh_token": 256,
    "requested_token_type": 256,
    "resource": 2000,
    "response_mode": 256,
    "response_type": 256,
    "scope": LONGEST_SCOPE,
    # Chosen by the client. A longer one exceeds the request line (config/gunicorn.py, limit_request_line).
    "state": 8190,
    "subject_token": LONGEST_JWT,
    "subject_token_type": 256,
    "token": LONGEST_JWT,
    "token_type_hint": 256,
}
KNOWN = frozenset({*LONGEST_VALUES, "client_assertion"})

# The key of the RequestContext among the headers, the only part of oauthlib's request that takes further values. It is
# not a valid HTTP header name, so that no client can send it.
_CONTEXT = "accounts:context"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Facts of Django's request that oauthlib's has no place for. See `context_of`."""

    issuer: str
    resource: str
    client_address: str | None
    user_agent: str
    parties: Parties
    # The verified DPoP proof of a token request.
    proof: Proof | None = None


def context_of(request: Request) -> RequestContext:
    """Return the context of an oauthlib request that an OAuthLibCore made."""
    context: RequestContext = request.headers[_CONTEXT]
    return context


def request_with(context: RequestContext, grant_type: str) -> Request:
    """Return an oauthlib request of this server itself, which came by no network."""
    return Request("", body=[("grant_type", grant_type)], headers={_CONTEXT: context})


class OAuthLibCore(oauth2_backends.OAuthLibCore):
    """The toolkit's adapter for oauthlib, for the token and revocation endpoints.

    Each method raises InvalidRequestFatalError for a malformed request.
    """

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "Authorization": request.META.get("HTTP_AUTHORIZATION", ""),
            _CONTEXT: RequestContext(
                address.issuer(request),
                address.resource(request),
                address.client_address(request),
                request.META.get("HTTP_USER_AGENT", ""),
                parties_of(request),
                proof_of(request),
            ),
        }

    def extract_body(self, request: HttpRequest) -> list[tuple[str, str]]:
        if request.content_type != FORM:
            raise InvalidRequestFatalError(description=f"Send the parameters in the body, as {FORM}.")
        try:
            refuse_long_grants(request.POST)
            return well_formed(request.POST)
        except RequestDataTooBig:
            # The view responds with 413.
            raise
        except (BadRequest, SuspiciousOperation, MultiPartParserError) as error:
            raise InvalidRequestFatalError(
                description="The body cannot be read: it is not UTF-8, or has too many parameters."
            ) from error

    def _get_escaped_full_path(self, request: HttpRequest) -> str:
        query = urlencode(well_formed(request.GET))
        return f"{request.path}?{query}" if query else request.path


class AuthorizationCore(OAuthLibCore):
    """The same for the authorization endpoint, whose parameters are in the query alone.

    The consent form posts to the same URL: its body cannot change the authorization request.
    """

    def extract_body(self, request: HttpRequest) -> list[tuple[str, str]]:
        return []

    def _get_escaped_full_path(self, request: HttpRequest) -> str:
        # oauthlib would respond in the fragment on request; the metadata lists `query` alone.
        parameters = [(name, value) for name, value in well_formed(request.GET) if name != "response_mode"]
        return f"{request.path}?{urlencode(parameters)}"

    def validate_authorization_request(self, request: HttpRequest) -> tuple[list[str], dict[str, Any]]:
        """Return the scopes and oauthlib's credentials. Raises the toolkit's FatalClientError or OAuthToolkitError."""
        scopes, credentials = super().validate_authorization_request(request)
        try:
            SignInRequirements.read(request.GET)
            check_thumbprint(request.GET.get("dpop_jkt", ""))
            target = targets.choose(request.GET.getlist("resource"), address.resource(request))
        except OAuth2Error as error:
            error.state, error.client_id = credentials["state"], credentials["client_id"]
            error.redirect_uri = credentials["redirect_uri"]
            raise OAuthToolkitError(error, redirect_uri=credentials["redirect_uri"]) from error
        # oauthlib makes each of its credentials an attribute of the request that codes.py gets.
        credentials["target"] = target
        if target is not None:
            scopes = narrow(requested_of(target, request.GET.get("scope", "").split()) or scopes, target)
        return scopes, credentials

    def create_authorization_response(
        self, request: HttpRequest, scopes: str, credentials: dict[str, Any], allow: bool
    ) -> tuple[str, dict[str, str], str, int]:
        """Return the response's address first, with the redirect URI's own query as it was registered."""
        uri, headers, body, status = super().create_authorization_response(request, scopes, credentials, allow)
        registered = credentials["redirect_uri"]
        return add_parameters(registered, added_parameters(uri, registered)), headers, body, status


def well_formed(parameters: QueryDict) -> list[tuple[str, str]]:
    """Return the known `parameters` as pairs. Raises InvalidRequestFatalError for a repeated, long or malformed one.

    RFC 6749 section 3.1: "The authorization server MUST ignore unrecognized request parameters. Request and response
    parameters MUST NOT be included more than once."
    """
    known = [(name, values) for name, values in parameters.lists() if name in KNOWN]
    for name, values in known:
        if len(values) > 1 and name not in REPEATABLE:
            raise InvalidRequestFatalError(description=f"Duplicate {name} parameter.")
        longest = LONGEST_VALUES.get(name)
        if longest is not None and any(len(value) > longest for value in map(str, values)):
            refusal = InvalidClientIdError if name == "client_id" else InvalidRequestFatalError
            raise refusal(description=f"Invalid {name}: it is longer than {longest} characters.")
        if any(CONTROL_CHARACTER.search(text) for text in map(str, values)):
            raise InvalidRequestFatalError(description=f"The {name} parameter contains a control character.")
    return [(name, str(value)) for name, values in known for value in values]


def refuse_long_grants(parameters: QueryDict) -> None:
    """Raise `invalid_grant` (RFC 6749 section 5.2) for a code or refresh token longer than those of this server."""
    for name in ("code", "device_code", "refresh_token"):
        if len(str(parameters.get(name, ""))) > LONGEST_VALUES[name]:
            raise InvalidGrantError(description=f"Invalid {name}: this server did not issue it.")

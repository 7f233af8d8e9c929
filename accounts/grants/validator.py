"""oauthlib's request validator for the authorization, token and revocation endpoints.

Codes and tokens belong to an Authorization, and are valid only while it, its client and its person are. Validation
consumes nothing: codes.py and refreshes.py redeem what was presented once the whole request is valid.
"""

import re
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from oauth2_provider import oauth2_validators
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.client_credentials import authentication
from accounts.clients import documents as client_documents
from accounts.clients import unused as unused_clients
from accounts.conf import conf
from accounts.crypto.token_values import checksum
from accounts.grants import authorization_limit, codes, issuance, key_binding, refreshes
from accounts.grants.oauthlib_backend import context_of
from accounts.http.address import endpoint, network_of
from accounts.models import Authorization, Client, Grant, RefreshToken, is_shown
from accounts.protected_resources import metadata, targets
from accounts.revocation import superseded_tokens
from accounts.revocation.authorizations import revoke
from accounts.scopes import narrow
from accounts.signing import access_tokens
from accounts.user_model import User

# RFC 7636 section 4.2: the SHA-256 of the verifier in unpadded base64url is always this long.
S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class ClientAwaitsReview(errors.InvalidClientIdError):
    """The client is registered, but the operator has not approved it yet (REGISTRATION=reviewed)."""

    description = "The operator has not approved this client yet."


class ClientSuspended(errors.InvalidClientIdError):
    """The operator suspended the client, so that it must not register again."""

    description = "The operator has suspended this client."


class OAuth2Validator(oauth2_validators.OAuth2Validator):
    # --- The client -------------------------------------------------------------------------

    def client_authentication_required(self, request: Request, *args: object, **kwargs: object) -> bool:
        """Return True: `authenticate_client` knows the method that the client registered, which may be none."""
        return True

    def authenticate_client(self, request: Request, *args: object, **kwargs: object) -> bool:
        credentials, context = authentication.credentials_of(request), context_of(request)
        requester = f"address {network_of(context.client_address)}"
        client_documents.fetch_known_if_stale(credentials.client_id, requester=requester)
        # RFC 7523 section 3 names the token endpoint as audience; newer practice is the issuer.
        audiences = [context.issuer, endpoint(context.issuer, "oauth_mcp:token")]
        # One query for known, unknown and suspended clients, so that the time does not tell them apart.
        client = Client.objects.filter(client_id=credentials.client_id).first()
        if client is None or not client.is_usable(request):
            context.parties.refuse_unusable(client, credentials, audiences, requester)
        request.client = client
        authentication.verify(client, credentials, audiences, requester=requester)
        context.parties.client, context.parties.has_asserted = client, credentials.assertion != ""
        return True

    def validate_client_id(self, client_id: str, request: Request, *args: object, **kwargs: object) -> bool:
        # Before the query, so that a client that it finds is not deleted as unused.
        unused_clients.mark_used(client_id)
        if super().validate_client_id(client_id, request, *args, **kwargs):
            return True
        refused = Client.objects.filter(client_id=client_id).values_list("suspended_at", "approved_at").first()
        if refused is not None and refused[0] is not None:
            raise ClientSuspended(request=request)
        if refused is not None and refused[1] is None:
            raise ClientAwaitsReview(request=request)
        return False

    # --- Parameters of the authorization endpoint ---------------------------------------

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        return True

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """OAuth 2.1 section 4.1.1: PKCE is required, and S256 is its only method here."""
        if not request.code_challenge:
            raise errors.MissingCodeChallengeError(
                description="PKCE is required: send code_challenge and code_challenge_method=S256.", request=request
            )
        if request.code_challenge_method != "S256":
            raise errors.UnsupportedCodeChallengeMethodError(
                description="PKCE is required with code_challenge_method=S256.", request=request
            )
        if not S256_CHALLENGE.fullmatch(request.code_challenge):
            raise errors.InvalidRequestError(
                description="code_challenge must be 43 characters of base64url (RFC 7636 section 4.2).", request=request
            )
        return True

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Narrow the scopes to those that are known, so that an unknown scope does not fail the authorization."""
        target = getattr(request, "target", None)
        request.scopes = narrow(scopes, client) if target is None else metadata.narrow(scopes, target)
        return True

    def get_default_redirect_uri(self, client_id: str, request: Request, *args: object, **kwargs: object) -> str:
        if request.grant_type == "authorization_code":
            # OAuth 2.1 section 4.1.3 no longer requires it at the token endpoint: PKCE binds the code.
            return request.grant.redirect_uri
        # The toolkit's property asserts that there is one.
        registered = request.client.default_redirect_uri if request.client.redirect_uris.split() else ""
        # oauthlib checks requested redirect URIs, not this one, which an earlier version may have accepted.
        return registered if registered and request.client.redirect_uri_allowed(registered) else ""

    # --- Codes ------------------------------------------------------------------------------

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        grant = Grant.objects.select_related("authorization", "user").filter(code=checksum(code)).first()
        context_of(request).parties.note_user(grant)
        if grant is None or grant.application_id != client.pk:
            raise errors.InvalidGrantError(description="The code is unknown or was issued to another client.")
        if grant.redeemed_at is not None:
            raise codes.revoke_reused_code(grant)
        if grant.is_expired():
            raise errors.InvalidGrantError(description="The code has expired.")
        self.check_alive(grant.authorization, grant.user)
        self.check_resource(request, grant.authorization)
        key_binding.check_key(grant, request)
        request.grant, request.user, request.scopes = grant, grant.user, grant.scope.split()
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        return request.grant.code_challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return request.grant.code_challenge_method

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: str,
        client: Client,
        request: Request,
        *args: object,
        **kwargs: object,
    ) -> bool:
        if redirect_uri != request.grant.redirect_uri:
            raise errors.InvalidGrantError(
                description="Invalid redirect_uri: it is not the one that the code was issued for."
            )
        return True

    # --- Refreshes --------------------------------------------------------------------------

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        if grant_type == "refresh_token":
            return client.may_refresh
        if grant_type != "authorization_code":
            # oauthlib accepts `openid` as a grant type for a code, too.
            raise errors.UnsupportedGrantTypeError
        return True

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *args: object, **kwargs: object
    ) -> bool:
        issued = RefreshToken.objects.select_related("authorization", "user")
        presented = issued.filter(token_checksum=checksum(refresh_token)).first()
        context_of(request).parties.note_user(presented)
        if presented is None or presented.application_id != client.pk:
            raise errors.InvalidGrantError(description="The refresh token is unknown or was issued to another client.")
        if presented.created + timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS) <= timezone.now():
            raise errors.InvalidGrantError(description="The refresh token has expired.")
        self.check_alive(presented.authorization, presented.user)
        self.check_resource(request, presented.authorization)
        key_binding.check_refresh(presented, request)
        request.refresh_token_instance, request.user = presented, presented.user
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *args: object, **kwargs: object) -> list[str]:
        """Return what the person granted (RFC 6749 section 6): an earlier refresh narrowed its access token alone."""
        return request.refresh_token_instance.authorization.scope.split()

    def is_within_original_scope(
        self, requested: list[str], refresh_token: str, request: Request, *args: object, **kwargs: object
    ) -> bool:
        """Narrow the requested scopes to those that the person granted; all of these where none is left."""
        granted = self.get_original_scopes(refresh_token, request)
        request.scopes = [name for name in requested if name in granted] or granted
        return True

    # --- Issuing ----------------------------------------------------------------------------

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: object, **kwargs: object
    ) -> None:
        codes.grant_code(code["code"], request)
        authorization_limit.revoke_least_used(request.user, request.client)

    def save_bearer_token(self, token: OAuth2Token, request: Request, *args: object, **kwargs: object) -> None:
        is_refresh = request.grant_type == "refresh_token"
        issuance.issue_tokens(token, request, refreshes.redeem_refresh_token if is_refresh else codes.redeem_code)

    def invalidate_authorization_code(self, *args: object, **kwargs: object) -> None:
        """Do nothing: the transaction that issued the tokens redeemed the code."""

    # --- Revocation ---------------------------------------------------------------------------------

    def revoke_token(
        self, token: str, token_type_hint: str | None, request: Request, *args: object, **kwargs: object
    ) -> None:
        """Revoke the authorization of a token of this client (RFC 7009 section 2.1). Other tokens are ignored.

        A superseded access token is revoked alone: a client that refreshed discards it, and goes on with the new pair.
        """
        presented = access_tokens.checksum_of(token)
        if superseded_tokens.revoke(presented, request.client):
            return
        by_token = Q(access_tokens__token_checksum=presented) | Q(refresh_tokens__token_checksum=presented)
        revoke(Authorization.objects.filter(by_token, consent__client=request.client), reason="client_revoked")

    def check_alive(self, authorization: Authorization, user: User) -> None:
        """Raise InvalidGrantError unless `authorization`, of `user`, is live and the person active."""
        if not authorization.is_live:
            raise errors.InvalidGrantError(description="The authorization was revoked or has expired.")
        if not (user.is_active and is_shown(user)):
            raise errors.InvalidGrantError(description="The person's account is suspended.")

    def check_resource(self, request: Request, authorization: Authorization | None = None) -> None:
        """Raise `invalid_target` where the request names another resource (RFC 8707) than `authorization` is for."""
        requested = [value for name, value in request.decoded_body or [] if name == "resource"]
        targets.check(requested, authorization, context_of(request).resource)

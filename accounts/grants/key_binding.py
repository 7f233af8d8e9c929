"""Binding of codes and tokens to keys: that of a DPoP proof (RFC 9449 sections 5, 6 and 10), and the client's own."""

from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Token
from oauthlib.oauth2.rfc6749 import errors

from accounts.dpop import replays
from accounts.dpop.errors import InvalidProof
from accounts.dpop.token_requests import ProofRefused
from accounts.grants.oauthlib_backend import context_of
from accounts.models import AccessToken, Client, Grant, RefreshToken

DPOP = "DPoP"
UNASSERTED = "The refresh token was issued upon a client_assertion (private_key_jwt): send one to refresh it."


def check_key(issued: Grant | RefreshToken, request: Request) -> None:
    """Raise OAuth2Error where the code or refresh token is bound to a key that the request does not prove."""
    proof = context_of(request).proof
    if not issued.dpop_jkt or (proof is not None and proof.thumbprint == issued.dpop_jkt):
        return
    kind = "code" if isinstance(issued, Grant) else "refresh token"
    if proof is None:
        raise ProofRefused(InvalidProof(f"It is missing: the {kind} is bound to a key."))
    raise errors.InvalidGrantError(description=f"The {kind} is bound to another key than the DPoP proof's.")


def check_refresh(issued: RefreshToken, request: Request) -> None:
    """Raise OAuth2Error where the refresh token is bound to a key that the request does not prove."""
    check_key(issued, request)
    check_assertion(issued, request)


def check_assertion(issued: RefreshToken, request: Request) -> None:
    """Raise InvalidClientError where the client has used its key for the token, and does not for `request`.

    A client may offer `none` beside `private_key_jwt`. A thief of its refresh token could choose `none`.
    """
    if issued.requires_assertion and request.client.is_public and not context_of(request).parties.has_asserted:
        raise errors.InvalidClientError(description=UNASSERTED)


def use_proof(request: Request) -> str:
    """Use the proof of a token request and return the thumbprint of its key; "" without a proof.

    Raises ProofRefused for a proof that was used before, and where the client must send one and did not.
    """
    proof = context_of(request).proof
    if proof is None:
        if requires_proof(request.client):
            raise ProofRefused(InvalidProof("It is missing: this client must bind its tokens to a key."))
        return ""
    try:
        replays.use(proof)
    except InvalidProof as error:
        raise ProofRefused(error) from error
    return proof.thumbprint


def requires_proof(client: Client) -> bool:
    return client.dpop_bound_access_tokens or client.requires_dpop


def bind(token: OAuth2Token, access: AccessToken, key: str) -> None:
    """Bind `access` to `key`, and say so in `token`, the response; nothing where `key` is empty."""
    access.dpop_jkt = key
    if key:
        token["token_type"] = DPOP


def refresh_key(client: Client, key: str) -> str:
    """Return the key to bind a refresh token to.

    RFC 9449 section 5: that of a confidential client is bound by its authentication, so that the client can change its
    key with each refresh.
    """
    return key if client.is_public else ""


def replay_to(successor: AccessToken, token: OAuth2Token, request: Request) -> None:
    """Let a repeated refresh have `successor` again, in `token`. Raises InvalidGrantError for another key."""
    if successor.dpop_jkt != use_proof(request):
        description = "The refresh token was exchanged for tokens that are bound to another key, or to none."
        raise errors.InvalidGrantError(description=description)
    bind(token, successor, successor.dpop_jkt)

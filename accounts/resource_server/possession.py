"""Requests with a token that is bound to a key, and its proof (RFC 9449 section 7)."""

from django.http import HttpRequest

from accounts.dpop import proofs, replays
from accounts.dpop.errors import InvalidProof
from accounts.dpop.keys import ALGORITHMS
from accounts.http.address import endpoint_of, requested_resource
from accounts.models import AccessToken
from accounts.resource_server.bearer import (
    DPOP,
    Credentials,
    InvalidToken,
    Principal,
    admit,
    challenge,
    credentials_of,
    find_token,
)


class InvalidPossession(InvalidToken):
    """A bound token without a valid proof, or a proof with a token that is not bound. `error` is RFC 9449's code."""

    scheme = DPOP

    def __init__(self, reason: str, description: str, principal: Principal, *, error: str = "invalid_token") -> None:
        super().__init__(reason, description, principal)
        self.error = error


def authenticate(request: HttpRequest) -> Principal:
    """Return the principal of the token, and use the proof, in the headers of `request`. Raises InvalidToken."""
    credentials = credentials_of(request.META.get("HTTP_AUTHORIZATION", ""))
    token, uri = find_token(credentials.token), requested_resource(request)
    principal = admit(token, uri, endpoint_of(request.path_info) or "")
    if token is not None and needs_proof(credentials, token):
        header = request.META.get("HTTP_DPOP", "")
        proof = verify(credentials, token, principal, method=request.method or "", uri=uri, header=header)
        use(proof, principal)
    return principal


def needs_proof(credentials: Credentials, token: AccessToken) -> bool:
    return token.dpop_jkt != "" or credentials.scheme == DPOP


def verify(
    credentials: Credentials, token: AccessToken, principal: Principal, *, method: str, uri: str, header: str
) -> proofs.Proof:
    """Return the proof in a DPoP `header` of a request with `token`. Raises InvalidPossession.

    The signature is verified only for the right key, so that no stranger can cause that work.
    """
    if credentials.scheme != DPOP:
        description = "The access token is bound to a key: send it as DPoP, with a proof."
        raise InvalidPossession("bound_token", description, principal)
    if not token.dpop_jkt:
        description = "The access token is not bound to a key: send it as Bearer."
        raise InvalidPossession("unbound_token", description, principal)
    try:
        if proofs.key_in(header).thumbprint != token.dpop_jkt:
            description = "The access token is bound to another key than the DPoP proof's."
            raise InvalidPossession("foreign_key", description, principal)
        return proofs.verify(header, method=method, uri=uri, access_token=credentials.token)
    except InvalidProof as error:
        raise refusal(error, principal) from error


def use(proof: proofs.Proof, principal: Principal) -> None:
    """Use `proof`. Raises InvalidPossession where it was used before."""
    try:
        replays.use(proof)
    except InvalidProof as error:
        raise refusal(error, principal) from error


def refusal(error: InvalidProof, principal: Principal) -> InvalidPossession:
    return InvalidPossession(error.error, error.description, principal, error=error.error)


def challenges(request: HttpRequest, scheme: str, *, error: str, scope: str, description: str, status: int) -> str:
    """Return the value of WWW-Authenticate with the challenge of `scheme`, and in a 401 that of the other one.

    The first has the metadata's address, which clients look for.
    """
    first = challenge(request, scheme, error=error, scope=scope, description=description)
    algorithms = f'algs="{" ".join(ALGORITHMS)}"'
    if scheme == DPOP:
        return f"{first}, {algorithms}" + (", Bearer" if status == 401 else "")
    return f"{first}, {DPOP} {algorithms}" if status == 401 else first

"""DPoP proofs of requests to the token endpoint (RFC 9449 section 5)."""

import re

from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from accounts.dpop import nonces, proofs
from accounts.dpop.errors import InvalidProof

# RFC 7638: a SHA-256 in unpadded base64url.
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class ProofRefused(OAuth2Error):
    """The error of RFC 9449 for a token request whose proof is refused."""

    def __init__(self, refused: InvalidProof) -> None:
        super().__init__(description=refused.description)
        self.error = refused.error


def verify(request: HttpRequest, uri: str) -> None:
    """Verify the proof that `request` to `uri` has, if any. Raises ProofRefused."""
    header = request.META.get("HTTP_DPOP")
    if header is None:
        return
    try:
        request.__dict__["_dpop_proof"] = proofs.verify(header, method=request.method or "", uri=uri)
    except InvalidProof as error:
        raise ProofRefused(error) from error


def proof_of(request: HttpRequest) -> proofs.Proof | None:
    """Return the proof that `verify` accepted; None without one."""
    found: proofs.Proof | None = request.__dict__.get("_dpop_proof")
    return found


def set_nonce(response: HttpResponse, request: HttpRequest) -> None:
    """Add a nonce for the client's next proof to the response to a request with a proof, where it is due."""
    if "HTTP_DPOP" not in request.META:
        return
    proof = proof_of(request)
    nonce = nonces.renewal(proof.nonce if proof is not None else "")
    if nonce:
        response[nonces.HEADER] = nonce


def check_thumbprint(thumbprint: str) -> None:
    """Raise `invalid_request` unless the parameter `dpop_jkt` is empty or a thumbprint (RFC 9449 section 10)."""
    if thumbprint and not THUMBPRINT.fullmatch(thumbprint):
        raise InvalidRequestError(description="dpop_jkt must be 43 characters of base64url (RFC 9449 section 10).")

"""Errors of DPoP proofs, with the codes of RFC 9449."""

from typing import ClassVar


class InvalidProof(Exception):
    """A DPoP proof that is refused. The message is a sentence about the proof."""

    error: ClassVar[str] = "invalid_dpop_proof"

    @property
    def description(self) -> str:
        return f"The DPoP proof is not valid. {self}"


class NonceRequired(InvalidProof):
    """A DPoP proof without a valid nonce of this server, where one is required (RFC 9449 sections 8 and 9)."""

    error = "use_dpop_nonce"

    @property
    def description(self) -> str:
        return f"{self} Send a new DPoP proof with the nonce in the DPoP-Nonce header."

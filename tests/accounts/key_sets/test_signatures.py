"""A JWT is verified by the key that it names, for its own algorithm."""

import jwt
import pytest

from accounts.key_sets import signatures
from tests.support.oauth.dpop import Prover
from tests.support.oauth.trusted_issuers import Signer


def verify(token: str, *keys: dict[str, str], algorithms: list[str] | None = None) -> None:
    signatures.verify(token, lambda refetch: {"keys": list(keys)}, algorithms or ["ES256"], signer="the issuer")


def key_of(signer: Signer, **members: str) -> dict[str, str]:
    return {**signer.jwks["keys"][0], **members}


def test_key_is_found_by_its_id() -> None:
    signer, other = Signer(), Signer()
    verify(signer.sign({"a": 1}), key_of(other, kid="two"), key_of(signer))


def test_only_key_needs_no_id_and_one_of_several_does() -> None:
    signer = Signer()
    token = jwt.encode({"a": 1}, signer.prover.key, algorithm="ES256")
    verify(token, key_of(signer))
    with pytest.raises(jwt.InvalidTokenError, match="does not publish the key"):
        verify(token, key_of(signer), key_of(Signer(), kid="two"))


def test_key_set_is_fetched_again_once_for_an_unknown_key() -> None:
    asked: list[bool] = []

    def key_set(refetch: bool) -> dict[str, list[dict[str, str]]]:
        asked.append(refetch)
        return {"keys": []}

    with pytest.raises(jwt.InvalidTokenError):
        signatures.verify(Signer().sign({}), key_set, ["ES256"], signer="the issuer")
    assert asked == [False, True]


def test_algorithm_must_be_accepted_and_that_of_the_key() -> None:
    signer = Signer()
    with pytest.raises(jwt.PyJWTError):
        verify(signer.sign({}), key_of(signer), algorithms=["RS256"])
    with pytest.raises(jwt.PyJWTError):
        verify(signer.sign({}), key_of(signer, alg="ES384"))


def test_signature_of_another_key_with_the_same_id_is_refused() -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        verify(Signer(prover=Prover()).sign({}), key_of(Signer()))

"""Key sets with keys of which this server can use some. No database, no request."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from accounts.clients.public_keys import ALGORITHMS, MOST_KEYS, MOST_LISTED, public_keys, verifying
from tests.support.oauth.metadata_documents import KEYS

RSA = {name: value for name, value in KEYS["keys"][0].items() if name != "key_ops"}
P256 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
P384 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
P521 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP521R1()).public_key(), as_dict=True)
ED25519 = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True)
ED448 = OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True)
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]

UNKNOWN: dict[str, Any] = {
    "a type of tomorrow": {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA", "kid": "one"},
    "a type without algorithm": {"kty": "AKP", "pub": "AAAA"},
    "for encryption": {**RSA, "use": "enc"},
    "for encryption, by its algorithm": {**RSA, "alg": "RSA-OAEP-256"},
    "for encryption, by its operations": {**RSA, "key_ops": ["encrypt", "wrapKey"]},
    "operations that are no list": {**RSA, "key_ops": "verify"},
    "for another use": {**RSA, "use": "tls"},
    "for key agreement": {
        "kty": "OKP",
        "crv": "X25519",
        "x": jwt.utils.base64url_encode(x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
    },
    "another curve": {**P256, "crv": "secp256k1"},
    "a curve of tomorrow": {**P256, "crv": "P-1024"},
    "no curve": {name: value for name, value in P256.items() if name != "crv"},
    "the algorithm of another curve": {**P256, "alg": "ES384"},
    "the algorithm of another type": {**RSA, "alg": "ES256"},
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0"},
    "a shared secret in disguise": {**RSA, "alg": "HS256"},
    "a key id that is a number": {**RSA, "kid": 5},
    "a type that is a list": {"kty": ["RSA"]},
    "operations that are lists": {**RSA, "key_ops": [["verify"]]},
    "null": None,
    "a text": "key",
}


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_skipped_beside_a_good_one(unknown: Any) -> None:
    for keys in ([unknown, RSA], [RSA, unknown]):
        assert public_keys({"keys": keys}) == {"keys": [RSA]}
    assert public_keys({"keys": [unknown]}) == {"keys": []}
    assert verifying({"keys": [unknown]}, "RS256") == []


def test_members_that_are_null_count_as_absent() -> None:
    assert public_keys({"keys": [{**RSA, "alg": None, "use": None, "key_ops": None}]}) == {"keys": [RSA]}


@pytest.mark.parametrize("operations", [["verify"], ["sign", "verify"], ["sign"], []])
def test_a_key_for_signatures_may_name_its_operations(operations: list[str]) -> None:
    assert public_keys({"keys": [{**RSA, "use": "sig", "key_ops": operations}]})["keys"] != []


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (RSA, RSA_ALGORITHMS),
        ({**RSA, "alg": "PS384"}, ["PS384"]),
        (P256, ["ES256"]),
        (P384, ["ES384"]),
        (P521, ["ES512"]),
        (ED25519, ["EdDSA"]),
        (ED448, ["EdDSA"]),
    ],
    ids=lambda value: value.get("crv", value.get("alg", "RSA")) if isinstance(value, dict) else "",
)
def test_a_key_verifies_by_the_algorithms_of_its_type(key: dict[str, Any], algorithms: list[str]) -> None:
    found = [name for name in [*ALGORITHMS, "HS256", "none", "ES256K"] if verifying({"keys": [key]}, name)]
    assert found == algorithms
    for name in found:
        assert [each.algorithm_name for each in verifying({"keys": [key]}, name)] == [name]


def test_keys_that_are_skipped_do_not_count() -> None:
    unknown = [UNKNOWN["a type of tomorrow"]] * (MOST_LISTED - MOST_KEYS - 1)
    numbered = [{**P256, "kid": str(number)} for number in range(MOST_KEYS + 1)]
    assert public_keys({"keys": [*unknown, *numbered]}) == {"keys": numbered[:MOST_KEYS]}
    assert public_keys({"keys": [*unknown, *unknown[: MOST_KEYS + 1], RSA]}) == {"keys": []}

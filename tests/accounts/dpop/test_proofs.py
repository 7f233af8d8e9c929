"""DPoP proofs: what is accepted, and each way in which one can be wrong (RFC 9449 section 4.3)."""

import hmac
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django import Settings

from accounts.dpop import keys, nonces, proofs
from accounts.dpop.errors import InvalidProof, NonceRequired
from tests.support.oauth.dpop import TOKEN_URL, Prover, b64, ec_key, ed25519_key, encoded, rsa_key

# RFC 9449 section 4.1 and figure 5; 7.1, figure 13; and 6.1, figure 8.
EXAMPLE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRj"
    "QyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGki"
    "OiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjY"
    "yNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
EXAMPLE_AT_RESOURCE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRj"
    "QyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGki"
    "OiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSI"
    "sImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-"
    "Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
EXAMPLE_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
EXAMPLE_THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.fixture
def in_2019(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1562262620.0)


def verify(proof: str, **changes: str) -> proofs.Proof:
    return proofs.verify(proof, **{"method": "POST", "uri": TOKEN_URL, **changes})


def refusal(proof: str, **changes: str) -> str:
    with pytest.raises(InvalidProof) as caught:
        verify(proof, **changes)
    assert caught.value.error == "invalid_dpop_proof"
    return str(caught.value)


@pytest.mark.usefixtures("in_2019")
def test_the_example_for_the_token_endpoint_is_accepted() -> None:
    assert verify(EXAMPLE, uri="https://server.example.com/token").thumbprint == EXAMPLE_THUMBPRINT


@pytest.mark.usefixtures("in_2019")
def test_the_example_for_a_resource_is_accepted() -> None:
    resource = "https://resource.example.org/protectedresource"
    proof = verify(EXAMPLE_AT_RESOURCE, method="GET", uri=resource, access_token=EXAMPLE_TOKEN)
    assert proof.thumbprint == EXAMPLE_THUMBPRINT
    assert "ath" in refusal(EXAMPLE_AT_RESOURCE, method="GET", uri=resource, access_token="another")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec_key, "ES256"),
        (lambda: ec_key(ec.SECP384R1()), "ES384"),
        (lambda: ec_key(ec.SECP521R1()), "ES512"),
        (ed25519_key, "EdDSA"),
        (rsa_key, "RS256"),
        (rsa_key, "PS512"),
        (lambda: rsa_key(4096), "RS512"),
    ],
)
def test_each_kind_of_key_can_be_used(key: Callable[[], Any], algorithm: str) -> None:
    prover = Prover(key(), algorithm)
    assert verify(prover.proof()).thumbprint == prover.thumbprint
    assert algorithm in keys.ALGORITHMS


def test_a_proof_is_identified_by_its_key_and_its_id(prover: Prover) -> None:
    one = verify(prover.proof(jti="same"))
    assert verify(prover.proof(jti="same", iat=int(time.time()) - 1)).identifier == one.identifier
    assert verify(prover.proof(jti="other")).identifier != one.identifier
    assert verify(Prover().proof(jti="same")).identifier != one.identifier


@pytest.mark.parametrize(
    "uri", [TOKEN_URL, "http://LOCALHOST:80/oauth/token", f"{TOKEN_URL}/", f"{TOKEN_URL}?a=b", f"{TOKEN_URL}#c"]
)
def test_the_address_is_compared_without_query_and_fragment(prover: Prover, uri: str) -> None:
    assert verify(prover.proof(uri=uri))


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htm": ["POST"]},
        {"htu": "http://localhost/mcp"},
        {"htu": "https://localhost/oauth/token"},
        {"htu": "http://localhost:81/oauth/token"},
        {"htu": "http://localhost@evil.example/oauth/token"},
        {"htu": "http://localhost/oauth/token/../token"},
        {"htu": "/oauth/token"},
        {"htu": TOKEN_URL + "?" + "a" * 3000},
        {"htu": None},
        {"htu": 7},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a" * 256},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(prover: Prover, changes: dict[str, Any]) -> None:
    assert refusal(prover.proof(**changes))


@pytest.mark.parametrize("token", ["", "another"])
def test_the_hash_must_be_of_the_access_token(prover: Prover, token: str) -> None:
    assert "ath" in refusal(prover.proof(token=token), access_token="mine")


@pytest.mark.parametrize("seconds", [-301, -100_000, 61, 100_000, float("inf"), float("-inf"), float("nan")])
def test_an_old_or_future_proof_is_refused_with_the_demand_for_a_nonce(prover: Prover, seconds: float) -> None:
    with pytest.raises(NonceRequired, match="clock"):
        verify(prover.proof(iat=time.time() + seconds))


@pytest.mark.parametrize("issued_at", [10**400, -(10**400)])
def test_a_time_beyond_all_numbers_of_a_clock_is_refused(prover: Prover, issued_at: int) -> None:
    with pytest.raises(NonceRequired, match="clock"):
        verify(prover.proof(iat=issued_at))


@pytest.mark.parametrize("seconds", [-299, -1, 0, 59])
def test_a_proof_is_accepted_for_five_minutes(prover: Prover, seconds: float) -> None:
    assert verify(prover.proof(iat=time.time() + seconds)).nonce == ""


def test_with_a_nonce_the_clock_of_the_client_does_not_matter(prover: Prover) -> None:
    nonce = nonces.make()
    assert verify(prover.proof(iat=7, nonce=nonce)).nonce == nonce


@pytest.mark.parametrize("nonce", ["wrong", "n.1abc.x", "\ud800.1.x", "é" * 10, "a" * 10_000 + ".b.c", 7, None, ["n"]])
def test_a_nonce_that_is_not_from_here_is_refused(prover: Prover, nonce: Any) -> None:
    with pytest.raises(InvalidProof):
        proofs.verify(prover.sign({**prover.claims(), "nonce": nonce}), method="POST", uri=TOKEN_URL)


def test_a_nonce_is_demanded_where_the_setting_says_so(prover: Prover, settings: Settings) -> None:
    settings.DPOP_NONCE_REQUIRED = True
    with pytest.raises(NonceRequired):
        verify(prover.proof())
    assert verify(prover.proof(nonce=nonces.make()))


def test_another_type_of_jwt_is_no_proof(prover: Prover) -> None:
    assert "typ" in refusal(prover.proof(header={"typ": "JWT"}))
    assert "typ" in refusal(prover.proof(header={"typ": "oauth-id-jag+jwt"}))


def test_a_private_key_in_the_header_is_refused(prover: Prover) -> None:
    assert "private" in refusal(prover.proof(header={"jwk": prover.private_jwk}))
    assert "public key" in refusal(prover.proof(header={"jwk": {"kty": "oct", "k": b64(b"secret")}}))


@pytest.mark.parametrize(
    "jwk", [None, "", [], {}, {"kty": "EC"}, {"kty": ["EC"]}, {"kty": "EC", "crv": "P-256", "x": 1}]
)
def test_a_header_without_a_usable_key_is_refused(prover: Prover, jwk: Any) -> None:
    assert refusal(prover.proof(header={"jwk": jwk}))


def test_an_unsigned_proof_is_refused(prover: Prover) -> None:
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": prover.jwk}
    assert refusal(f"{encoded(header)}.{encoded(prover.claims())}.")
    assert "alg" in refusal(f"{encoded(header)}.{encoded(prover.claims())}.AA")


def test_hmac_with_the_public_key_is_refused() -> None:
    prover = Prover(rsa_key(), "RS256")
    secret = prover.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded({'typ': 'dpop+jwt', 'alg': 'HS256', 'jwk': prover.jwk})}.{encoded(prover.claims())}"
    assert "alg" in refusal(f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}")


def test_a_proof_that_another_key_signed_is_refused(prover: Prover) -> None:
    assert "signature" in refusal(Prover().proof(header={"jwk": prover.jwk}))


def test_an_algorithm_of_another_type_of_key_is_refused(prover: Prover) -> None:
    assert "alg" in refusal(Prover(rsa_key(), "RS256").proof(header={"jwk": prover.jwk}))


def test_weak_and_slow_keys_are_refused() -> None:
    key = rsa_key()
    prover, modulus = Prover(key, "RS256"), key.public_key().public_numbers().n
    weak = rsa_key(1024).public_key()
    slow = rsa.RSAPublicNumbers((1 << 127) + 1, modulus).public_key()
    as_jwk = jwt.get_algorithm_by_name("RS256").to_jwk
    assert "bits" in refusal(prover.proof(header={"jwk": as_jwk(weak, as_dict=True)}))
    assert "exponent" in refusal(prover.proof(header={"jwk": as_jwk(slow, as_dict=True)}))


def test_two_headers_that_were_joined_are_refused(prover: Prover) -> None:
    assert "once" in refusal(f"{prover.proof()},{prover.proof()}")
    assert "once" in refusal(f"{prover.proof()}, {prover.proof()}")


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a", "a.b", "a.b.c", "a.b.c.d", "é.b.c", "a b.c.d", "\x00.b.c", "{}.{}.{}"]
)
def test_anything_but_a_jwt_is_refused(text: str) -> None:
    assert refusal(text)


def test_json_that_is_nested_deeply_is_refused(prover: Prover) -> None:
    nested = b64(b"[" * 1400)
    assert refusal(f"{nested}.{encoded({})}.AA")
    header = encoded({"typ": "dpop+jwt", "alg": "ES256", "jwk": prover.jwk})
    assert refusal(f"{header}.{nested}.AA")


def test_a_huge_proof_is_refused_unread(prover: Prover) -> None:
    start = time.perf_counter()
    assert "longer" in refusal(prover.proof(padding="a" * 5_000_000))
    assert "longer" in refusal("." * 5_000_000)
    assert time.perf_counter() - start < 5


def test_an_extension_that_must_be_understood_is_refused(prover: Prover) -> None:
    assert "crit" in refusal(prover.proof(header={"crit": ["exp"]}))

"""ID-JAGs (Enterprise-Managed Authorization): a company's identity provider connects its people's apps."""

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Event, RefreshToken, TrustedIssuer, UsedAssertion, User
from tests.support.flows import RESOURCE, App, basic, post_token
from tests.support.oauth.dpop import Prover, b64, encoded
from tests.support.oauth.trusted_issuers import ACME, JWT_BEARER, Signer, is_refused, list_subject, present, trust

pytestmark = pytest.mark.django_db


def test_id_jag_becomes_a_token_of_the_person_on_an_authorization_of_the_issuer(
    acme: Signer, app: App, issuer: TrustedIssuer, person: User
) -> None:
    answer = present(app, acme.id_jag(app, scope="read")).json()
    token = AccessToken.objects.get(token_checksum=checksum(answer["access_token"]))
    assert (answer["scope"], answer["token_type"], answer["expires_in"]) == ("read", "Bearer", 1800)
    assert (token.user, token.resource) == (person, [RESOURCE])
    assert (token.authorization.origin, token.authorization.issuer) == ("id_jag", issuer)
    assert ("refresh_token" in answer, RefreshToken.objects.exists()) == (False, False)
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.action, event.user_id, event.outcome) == (JWT_BEARER, person.pk, "ok")


def test_client_may_authenticate_by_the_header_as_in_the_extension(
    acme: Signer, app: App, issuer: TrustedIssuer
) -> None:
    fields = {"grant_type": JWT_BEARER, "assertion": acme.id_jag(app)}
    assert post_token(fields, Authorization=basic(app.client_id, app.client_secret)).status_code == 200


def test_media_type_may_be_written_in_full(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    """RFC 7515 section 4.1.9: `typ` is a media type, of which `application/` may be left out."""
    assert present(app, acme.id_jag(app, typ="application/OAuth-ID-JAG+jwt")).status_code == 200


def test_second_token_is_added_to_the_authorization_of_the_first(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    for _ in range(3):
        assert present(app, acme.id_jag(app)).status_code == 200
    assert (Authorization.objects.count(), AccessToken.objects.count()) == (1, 3)


@pytest.mark.parametrize("typ", [None, "JWT", "oauth-id-jag", "at+jwt", "oauth-id-jag+jwt2"])
def test_validate_the_jwt_typ_is_oauth_id_jag_jwt(
    acme: Signer, app: App, issuer: TrustedIssuer, typ: str | None
) -> None:
    assert is_refused(present(app, acme.id_jag(app, typ=typ)))
    is_of_workloads = typ in (None, "JWT")
    reason = "untrusted_issuer" if is_of_workloads else "invalid_assertion"
    assert Event.objects.get(outcome="refused").reason == reason


@pytest.mark.parametrize(
    "aud",
    ["https://other.example", ACME, RESOURCE, [], ["http://localhost", "https://other.example"], 1, None, {}, True],
)
def test_the_aud_claim_must_identify_the_issuer_url_of_the_authorization_server(
    acme: Signer, app: App, issuer: TrustedIssuer, aud: Any
) -> None:
    assert is_refused(present(app, acme.id_jag(app, aud=aud)))


@pytest.mark.parametrize("aud", ["http://localhost", "http://localhost/", ["http://localhost"]])
def test_this_servers_issuer_alone_is_accepted_in_each_form_that_libraries_write(
    acme: Signer, app: App, issuer: TrustedIssuer, aud: Any
) -> None:
    assert present(app, acme.id_jag(app, aud=aud)).status_code == 200


@pytest.mark.parametrize("client_id", ["somebody-else", "", 1, None, ["x"]])
def test_the_client_id_claim_must_identify_the_client_that_authenticates(
    acme: Signer, app: App, issuer: TrustedIssuer, client_id: Any
) -> None:
    assert is_refused(present(app, acme.id_jag(app, client_id=client_id)))


def test_id_jag_of_another_client_of_the_issuer_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    other = App.by_hand(name="Other")
    issuer.clients.add(other.row)
    assert is_refused(present(other, acme.id_jag(app)))
    assert Event.objects.get(outcome="refused").reason == "issuer_client"


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "resource", "client_id", "jti", "exp", "iat"])
def test_each_required_claim_is_required(acme: Signer, app: App, issuer: TrustedIssuer, name: str) -> None:
    """Section 4.3 of the extension."""
    assert is_refused(present(app, acme.id_jag(app, **{name: None})))


WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 120},
    "expired as a fraction": {"exp": 1.5},
    "expiring in a text": {"exp": "9999999999"},
    "expiring by true": {"exp": True},
    "expiring in a list": {"exp": [1]},
    "expiring never": {"exp": float("inf")},
    "expiring at no number": {"exp": float("nan")},
    "expiring at a large number": {"exp": 10**400},
    "expiring in years": {"exp": 10**12},
    "issued in the future": {"iat": int(time.time()) + 600},
    "not valid yet": {"nbf": int(time.time()) + 600},
    "not valid before a text": {"nbf": "soon"},
    "with an empty subject": {"sub": ""},
    "with a subject that is a number": {"sub": 42},
    "with a long subject": {"sub": "a" * 256},
    "with NUL in the subject": {"sub": "a\x00b"},
    "with a lone surrogate in the subject": {"sub": "a\ud800"},
    "with an id that is a list": {"jti": ["a"]},
    "with a long id": {"jti": "a" * 1001},
    "with NUL in the id": {"jti": "\x00"},
    "of an issuer in a list": {"iss": [ACME]},
    "of an issuer with NUL": {"iss": f"{ACME}\x00"},
    "of an issuer with a surrogate": {"iss": "\udfff"},
    "of a long issuer": {"iss": "https://" + "a" * 1000},
    "of an unknown issuer": {"iss": "https://idp.other.example"},
    "of this server": {"iss": "http://localhost"},
    "with scopes in a list": {"scope": ["read"]},
    "with a number for the scope": {"scope": 1},
    "with a resource that is a number": {"resource": 1},
    "with an empty resource": {"resource": ""},
    "with no resource in the list": {"resource": []},
    "with a list of numbers as the resource": {"resource": [RESOURCE, 1]},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_wrong_claim_is_an_invalid_grant(
    acme: Signer, app: App, issuer: TrustedIssuer, changes: dict[str, Any]
) -> None:
    """RFC 7523 section 3.1: "the value of the "error" parameter MUST be the "invalid_grant" error code"."""
    assert is_refused(present(app, acme.id_jag(app, **changes)))


@pytest.mark.parametrize("text", ["a", "a.b.c", "....", "é.è.à", "{}", "eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30"])
def test_what_is_no_jwt_is_an_invalid_grant(app: App, issuer: TrustedIssuer, text: str) -> None:
    assert is_refused(present(app, text))


def test_deeply_nested_claims_are_an_invalid_grant(app: App, issuer: TrustedIssuer) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "ES256", "typ": "oauth-id-jag+jwt"}).encode()).decode()
    nested = base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")
    assert is_refused(present(app, f"{header.rstrip('=')}.{nested}.AAAA"))


@pytest.mark.parametrize("assertion", [None, "", "a" * 8193, ["a", "b"], "a\x00b"])
def test_missing_long_or_repeated_assertion_is_an_invalid_request(
    app: App, issuer: TrustedIssuer, assertion: Any
) -> None:
    assert is_refused(present(app, assertion), "invalid_request")


def test_unsigned_assertion_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    _, claims, _ = acme.id_jag(app).split(".")
    header = encoded({"alg": "none", "typ": "oauth-id-jag+jwt"})
    assert is_refused(present(app, f"{header}.{claims}."))


def test_mac_with_the_public_key_as_secret_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    _, claims, _ = acme.id_jag(app).split(".")
    signed = f"{encoded({'alg': 'HS256', 'typ': 'oauth-id-jag+jwt', 'kid': 'one'})}.{claims}"
    secret = json.dumps(acme.jwks["keys"][0]).encode()
    mac = b64(hmac.digest(secret, signed.encode(), "sha256"))
    assert is_refused(present(app, f"{signed}.{mac}"))


def test_algorithm_that_the_operator_did_not_choose_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    TrustedIssuer.objects.update(algorithms="RS256")
    assert is_refused(present(app, acme.id_jag(app)))


def test_signature_of_another_key_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    assert is_refused(present(app, Signer(prover=Prover()).id_jag(app)))
    assert Event.objects.get(outcome="refused").reason == "invalid_assertion"


@pytest.mark.parametrize("kid", ["two", "", "../../keys", "a" * 300])
def test_unknown_key_id_is_refused(acme: Signer, app: App, issuer: TrustedIssuer, kid: str) -> None:
    claims = jwt.decode(acme.id_jag(app), options={"verify_signature": False})
    assert is_refused(present(app, acme.sign(claims, typ="oauth-id-jag+jwt", kid=kid)))


def test_assertion_counts_once(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    assertion = acme.id_jag(app)
    assert present(app, assertion).status_code == 200
    again = present(app, assertion)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (AccessToken.objects.count(), UsedAssertion.objects.count()) == (1, 1)
    assert Event.objects.get(outcome="refused").reason == "used_assertion"
    assert acme.id_jag(app, jti="one") != UsedAssertion.objects.get().identifier


def test_same_id_of_another_issuer_is_another_assertion(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    other = Signer("https://idp.other.example")
    list_subject(trust(other, app, name="Other"), issuer.subjects.get().user)
    assert present(app, acme.id_jag(app, jti="same")).status_code == 200
    assert present(app, other.id_jag(app, jti="same")).status_code == 200


def test_refused_assertion_is_not_used_up(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    assertion = acme.id_jag(app, scope="read")
    assert is_refused(present(app, assertion, scope="write"), "invalid_scope")
    assert present(app, assertion).status_code == 200


@pytest.mark.parametrize(
    ("asserted", "requested", "granted"),
    [
        (None, None, "read write"),
        ("read", None, "read"),
        ("read write", "write", "write"),
        (None, "write unknown", "write"),
        ("write admin", "read write", "write"),
        ("read write", "read write read", "read write"),
    ],
)
def test_scope_is_what_was_asked_for_within_the_assertion_and_the_ceiling(
    acme: Signer, app: App, issuer: TrustedIssuer, asserted: str | None, requested: str | None, granted: str
) -> None:
    assert present(app, acme.id_jag(app, scope=asserted), scope=requested).json()["scope"] == granted


@pytest.mark.parametrize(("asserted", "requested"), [("admin", None), ("", None), ("read", "write"), (None, "admin")])
def test_without_an_allowed_scope_it_is_an_invalid_scope(
    acme: Signer, app: App, issuer: TrustedIssuer, asserted: str | None, requested: str | None
) -> None:
    assert is_refused(present(app, acme.id_jag(app, scope=asserted), scope=requested), "invalid_scope")


def test_scope_beyond_the_ceiling_is_not_granted(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    TrustedIssuer.objects.update(scope="read")
    assert present(app, acme.id_jag(app, scope="read write"), scope="write read").json()["scope"] == "read"


def test_resource_of_the_request_must_be_one_of_the_assertion(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    elsewhere = "https://other.example/mcp"
    assert is_refused(present(app, acme.id_jag(app), resource=elsewhere), "invalid_target")
    assert is_refused(present(app, acme.id_jag(app, resource=elsewhere)), "invalid_target")
    assert present(app, acme.id_jag(app, resource=[elsewhere, RESOURCE]), resource=RESOURCE).status_code == 200

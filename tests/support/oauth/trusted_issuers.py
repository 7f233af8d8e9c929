"""Issuers of assertions that the operator trusts, with their keys, and requests with the assertions."""

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt

from accounts.models import AccessToken, Authorization, Consent, IssuerSubject, TrustedIssuer, UsedAssertion, User
from tests.support.flows import ISSUER, RESOURCE, App, Response, Value, post_token
from tests.support.oauth.dpop import Prover

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACME = "https://idp.acme.example"
GITHUB = "https://token.actions.githubusercontent.com"
WRITTEN = (Consent, Authorization, AccessToken, UsedAssertion)


@dataclass
class Signer:
    """An issuer with one key."""

    issuer: str = ACME
    prover: Prover = field(default_factory=Prover)

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**self.prover.jwk, "kid": "one", "alg": self.prover.algorithm}]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Return a JWT; None leaves out a claim or a member of the header."""
        headers = {"kid": "one", **header}
        kept = {name: value for name, value in claims.items() if value is not None}
        # Not by jwt.encode, which refuses claims of a wrong type.
        payload = json.dumps(kept).encode()
        return jwt.PyJWS().encode(payload, self.prover.key, algorithm=self.prover.algorithm, headers=headers)

    def id_jag(self, app: App, *, typ: str | None = "oauth-id-jag+jwt", **changes: Any) -> str:
        """Return an ID-JAG about Ada for `app`, as the extension's section 4.3 has it."""
        claims = {**self.times(), "sub": "U019488227", "resource": RESOURCE, "client_id": app.client_id, **changes}
        return self.sign(claims, **({"typ": typ} if typ else {}))

    def workload(self, **changes: Any) -> str:
        return self.sign({**self.times(), "sub": "repo:acme/app:ref:refs/heads/main", **changes})

    def times(self) -> dict[str, Any]:
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 300,
            "jti": secrets.token_urlsafe(16),
        }


def trust(signer: Signer, app: App, **fields: Any) -> TrustedIssuer:
    """Return the row of an issuer whose assertions `app` may present."""
    defaults = {"name": "Acme", "jwks": signer.jwks, "algorithms": signer.prover.algorithm, "scope": "read write"}
    row = TrustedIssuer(issuer=signer.issuer, **{**defaults, **fields})
    row.full_clean()
    row.save()
    row.clients.add(app.row)
    return row


def list_subject(row: TrustedIssuer, user: User, subject: str = "U019488227") -> IssuerSubject:
    return IssuerSubject.objects.create(issuer=row, subject=subject, user=user)


def present(app: App, assertion: Value, **changes: Value) -> Response:
    return post_token({"grant_type": JWT_BEARER, "assertion": assertion, **app.credentials, **changes})


def is_refused(response: Response, error: str = "invalid_grant") -> bool:
    """Return whether the request was refused with `error`, and nothing was written."""
    assert response.status_code == 400, response.content
    assert response.json()["error"] == error, response.content
    assert response.json()["error_description"]
    return not any(model.objects.exists() for model in WRITTEN)

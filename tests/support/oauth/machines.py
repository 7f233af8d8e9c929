"""A machine: a client that acts as a service person by its own credentials (RFC 6749 section 4.4)."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt

from accounts.client_credentials.assertions import ASSERTION_TYPE
from accounts.models import AccessToken, Authorization, Client, ServiceAccess, User
from tests.support.factories import make_client, make_user
from tests.support.flows import ISSUER, Response, Value, post_token
from tests.support.oauth.dpop import Prover

GRANT = "client_credentials"


@dataclass(frozen=True)
class Machine:
    """A client with service access, and its secret or the key that it signs assertions by."""

    row: Client
    person: User
    secret: str = ""
    key: Prover | None = None

    @property
    def access(self) -> ServiceAccess:
        return ServiceAccess.objects.get(client=self.row)

    @property
    def credentials(self) -> dict[str, str]:
        if self.key is not None:
            return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        return {"client_id": self.row.client_id, **({"client_secret": self.secret} if self.secret else {})}

    def assertion(self, **changes: Any) -> str:
        """Return a new assertion; `changes` replace its claims."""
        assert self.key is not None
        now, own = int(time.time()), self.row.client_id
        claims = {"iss": own, "sub": own, "aud": ISSUER, "iat": now, "exp": now + 300, "jti": secrets.token_hex(8)}
        return jwt.encode({**claims, **changes}, self.key.key, algorithm=self.key.algorithm)

    def ask(self, *, dpop: str | None = None, **changes: Value) -> Response:
        """Request a token; `dpop` is the proof of a key (RFC 9449)."""
        return post_token({"grant_type": GRANT, **self.credentials, **changes}, **({"DPoP": dpop} if dpop else {}))

    def token(self, **changes: Any) -> dict[str, Any]:
        response = self.ask(**changes)
        assert response.status_code == 200, response.content
        return response.json()

    def change(self, **fields: Any) -> None:
        """Change the access, as an operator does."""
        access = self.access
        for name, value in fields.items():
            setattr(access, name, value)
        access.save()

    def is_refused(self, error: str, words: str = "", status: int = 400, **changes: Any) -> bool:
        """Tell whether a request is refused with `error` and `words`, and nothing is issued."""
        before = AccessToken.objects.count(), Authorization.objects.count()
        response = self.ask(**changes)
        assert (response.status_code, response.json()["error"]) == (status, error), response.content
        assert words in response.json()["error_description"], response.content
        return before == (AccessToken.objects.count(), Authorization.objects.count())


def make_service_person(username: str = "", **fields: Any) -> User:
    return make_user(username or f"machine-{secrets.token_hex(4)}", is_service=True, **fields)


def make_machine(
    *,
    person: User | None = None,
    scope: str = "read",
    key: Prover | None = None,
    client: Client | None = None,
    **terms: Any,
) -> Machine:
    """Return a machine with a secret or, with `key`, with that. `terms` are further fields of its access."""
    acted_as, secret = person or make_service_person(), secrets.token_urlsafe(32)
    row = client or (_with_key(key) if key is not None else _with_secret(secret))
    ServiceAccess.objects.create(client=row, user=acted_as, scope=scope, **terms)
    return Machine(row, acted_as, "" if key else secret, key)


def _with_secret(secret: str) -> Client:
    return make_client(name="Nightly report", redirect_uris="", scope="", grant_types=GRANT, client_secret=secret)


def _with_key(key: Prover) -> Client:
    method = Client.AuthMethod.PRIVATE_KEY_JWT
    fields = {"redirect_uris": "", "scope": "", "grant_types": GRANT, "token_endpoint_auth_method": method}
    return make_client(name="Nightly report", jwks={"keys": [key.jwk]}, **fields)

"""The examples of RFC 7523, whose claims and signatures are partly left out there: signed by keys of the tests."""

from datetime import UTC, datetime, tzinfo
from typing import Any

import jwt
import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from tests.support.flows import FORM, Response
from tests.support.oauth.dpop import Prover, b64


def sign(header: str, claims: str, prover: Prover) -> str:
    """Return a JWT of exactly this text: jwt.encode would add `typ`, which the examples do not have."""
    content = f"{b64(header.encode())}.{b64(claims.encode())}"
    return f"{content}.{b64(jwt.get_algorithm_by_name(prover.algorithm).sign(content.encode(), prover.key))}"


def published(prover: Prover, kid: str) -> dict[str, Any]:
    """Return the key set of the signer."""
    return {"keys": [{**prover.jwk, "kid": kid, "alg": prover.algorithm}]}


def serve_at(settings: Settings, host: str) -> None:
    """Let the server have the address of the example; its paths are its own."""
    settings.PUBLIC_URL = f"https://{host}"
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "OIDC_ISS_ENDPOINT": settings.PUBLIC_URL}
    settings.ALLOWED_HOSTS = [host]


def post(host: str, path: str, body: str, **headers: str) -> Response:
    return Browser().post(path, body, content_type=FORM, secure=True, headers={"Host": host, **headers})


def move_clock(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Let it be `seconds` since 1970, for the server's own rules and for PyJWT's."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Moved":
            return cls.fromtimestamp(seconds, tz)

    monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(seconds, UTC))
    monkeypatch.setattr("jwt.api_jwt.datetime", Moved)

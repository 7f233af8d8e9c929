"""Refusals of the token endpoint, and requests with the client's secret in the header."""

from accounts.models import AccessToken
from tests.support.flows import REDIRECT_URI, App, Response, Value, post_token
from tests.support.oauth.pkce import VERIFIER


def is_refused(response: Response, error: str, *, status: int = 400) -> bool:
    """Return whether `response` is an error as RFC 6749 section 5.2 has it, and no token was issued."""
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    assert response.json()["error_description"]
    return (response.status_code, response.json()["error"]) == (status, error) and not AccessToken.objects.exists()


def exchange_by_header(app: App, code: str, authorization: str, **changes: Value) -> Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    return post_token({**fields, **changes}, authorization=authorization)

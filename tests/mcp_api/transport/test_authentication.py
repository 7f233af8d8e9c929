"""Requests to `/mcp` without a token, or with a token that is not valid for it: 401 with the challenge."""

import json
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from accounts.dpop.keys import ALGORITHMS
from accounts.models import AccessToken, Authorization, Client, User
from tests.mcp_api.conftest import URL, make_caller
from tests.mcp_api.messages import request

pytestmark = pytest.mark.django_db

METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'
OTHER_SCHEME = f'DPoP algs="{" ".join(ALGORITHMS)}"'


def assert_refused(response: HttpResponse, description: str) -> None:
    """Check RFC 6750 section 3: 401 with the challenge, and the reason why the token is refused."""
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == f'Bearer error="invalid_token", scope="read", {METADATA}, {OTHER_SCHEME}'
    answer = json.loads(response.content)
    assert answer["error"] == "invalid_token"
    assert description in answer["error_description"]


def test_live_token_is_served(caller):
    assert caller.call("echo", text="hello")["structuredContent"] == {"result": "hello"}


@pytest.mark.parametrize("method", ["post", "get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("url", ["/mcp", "/mcp/"])
def test_challenge_names_the_resource_metadata(method, url):
    response = getattr(Browser(), method)(url)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == f'Bearer scope="read", {METADATA}, {OTHER_SCHEME}'
    if method != "head":
        assert json.loads(response.content)["error_description"] == "Missing authorization header"


@pytest.mark.parametrize("credentials", ["Basic YWRhOnNlY3JldA==", "Bearer", "Bearer ", "Bearer a b", "Token a", "é"])
def test_credentials_that_are_not_a_bearer_token_are_refused(caller, credentials):
    response = caller.send(request("ping"), {"Authorization": credentials})
    assert_refused(response, "Authorization: Bearer <token>")


@pytest.mark.parametrize("token", ["unknown", "\x00", "é", "\ud800", "x" * 100_000])
def test_unknown_token_is_refused(caller, token):
    assert_refused(caller.send(request("ping"), {"Authorization": f"Bearer {token}"}), "unknown or was deleted")


def test_scheme_is_case_insensitive(caller):
    assert caller.send(request("ping"), {"Authorization": f"bEARER  {caller.raw}"}).status_code == 200


def test_token_is_not_accepted_in_the_query_string(caller):
    raw, caller.raw = caller.raw, ""
    response = caller.send(request("ping"), url=f"{URL}?access_token={raw}")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == f'Bearer scope="read", {METADATA}, {OTHER_SCHEME}'


def test_token_is_not_accepted_in_a_form(caller):
    assert Browser().post(URL, {"access_token": caller.raw}).status_code == 401


def test_signed_in_person_without_a_token_is_not_let_in(caller):
    caller.http.force_login(caller.person, backend="django.contrib.auth.backends.ModelBackend")
    caller.raw = ""
    assert caller.send(request("ping")).status_code == 401


def test_expired_token_is_refused():
    caller = make_caller(expires_in=timedelta(seconds=-1))
    assert_refused(caller.send(request("ping")), "has expired")


@pytest.mark.parametrize(
    "resource",
    ["https://other.example/mcp", "http://localhost/other", "http://localhost", "http://localhost/mcp/x", ""],
)
def test_token_for_another_resource_is_refused(resource):
    assert_refused(make_caller(resource=resource).send(request("ping")), "for another resource")


def test_token_for_no_resource_is_refused(caller):
    AccessToken.objects.update(resource=[])
    assert_refused(caller.send(request("ping")), "for another resource")


@pytest.mark.parametrize("resource", ["http://localhost/mcp/", "HTTP://LOCALHOST/mcp", "http://localhost:80/mcp"])
def test_token_for_another_spelling_of_this_resource_is_served(resource):
    assert make_caller(resource=resource).send(request("ping")).status_code == 200


def test_token_is_refused_once_its_authorization_is_revoked(caller):
    Authorization.objects.update(revoked_at=timezone.now())
    assert_refused(caller.send(request("ping")), "revoked or has expired")


def test_token_is_refused_once_its_authorization_has_expired(caller):
    Authorization.objects.update(expires_at=timezone.now())
    assert_refused(caller.send(request("ping")), "revoked or has expired")


def test_token_is_refused_once_its_client_is_suspended(caller):
    Client.objects.update(suspended_at=timezone.now())
    assert_refused(caller.send(request("ping")), "client has been suspended")


def test_token_is_refused_once_its_person_is_suspended(caller):
    User.objects.update(is_active=False)
    assert_refused(caller.send(request("ping")), "account has been suspended")


@pytest.mark.parametrize("missing", ["user", "application"])
def test_token_of_no_person_or_no_client_is_refused(caller, missing):
    AccessToken.objects.update(**{missing: None})
    assert_refused(caller.send(request("ping")), "unknown or was deleted")


def test_token_that_was_deleted_is_refused(caller):
    AccessToken.objects.all().delete()
    assert_refused(caller.send(request("ping")), "unknown or was deleted")

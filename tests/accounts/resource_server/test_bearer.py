"""Bearer tokens of protected endpoints: one query returns the Principal, or the reason of the refusal."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import AccessToken, Authorization, Client, User
from accounts.resource_server.bearer import InvalidToken, challenge
from accounts.resource_server.possession import authenticate
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.flows import RESOURCE, App

pytestmark = pytest.mark.django_db

METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource/mcp"'


def request_with(authorization: str | None) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return RequestFactory().post("/mcp", headers=headers)


def refused(token: str) -> InvalidToken:
    with pytest.raises(InvalidToken) as caught:
        authenticate(request_with(f"Bearer {token}"))
    return caught.value


@pytest.fixture
def token(person: User) -> str:
    authorization = make_authorization(person, make_client(name="My Test App"), scope="read write")
    return make_tokens(authorization, resource=RESOURCE)[2]


def test_a_good_token_names_the_person_the_client_and_what_was_granted(token: str, person: User) -> None:
    principal = authenticate(request_with(f"Bearer {token}"))
    assert (principal.user, principal.client) == (person, Client.objects.get())
    assert principal.scopes == {"read", "write"}
    assert principal.token_id == AccessToken.objects.get().pk
    assert principal.authorization_id == Authorization.objects.get().pk


def test_a_token_from_the_token_endpoint_is_good(app: App) -> None:
    assert authenticate(request_with(f"Bearer {app.connect()['access_token']}")).client == app.row


def test_a_principal_cannot_be_altered(token: str) -> None:
    principal = authenticate(request_with(f"Bearer {token}"))
    with pytest.raises(AttributeError):
        principal.scopes = frozenset({"admin"})  # type: ignore[misc]


def test_authenticating_costs_one_query(token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        principal = authenticate(request_with(f"Bearer {token}"))
        assert principal.user.username
        assert principal.client.name


def test_refusing_costs_one_query_as_well(token: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Authorization.objects.update(revoked_at=timezone.now())
    with django_assert_num_queries(1):
        refused(token)
    with django_assert_num_queries(1):
        refused("unknown")


@pytest.mark.parametrize("authorization", [None, ""])
def test_without_a_header_the_words_that_people_search_for_come_back(
    authorization: str | None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0), pytest.raises(InvalidToken, match=r"^Missing authorization header$") as caught:
        authenticate(request_with(authorization))
    assert caught.value.reason == "missing_token"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Basic YTpi", "Token abc", "abc", "Bearer: abc"])
def test_a_header_of_another_form_is_refused_unasked(
    header: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0), pytest.raises(InvalidToken) as caught:
        authenticate(request_with(header))
    assert caught.value.reason == "malformed_token"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_case(token: str, scheme: str) -> None:
    """RFC 9110 section 11.1: the scheme is a "case-insensitive token"."""
    assert authenticate(request_with(f"{scheme} {token}"))


def test_a_token_anywhere_but_in_the_header_is_not_seen(token: str) -> None:
    """RFC 9700 section 4.3.2: "Clients MUST NOT pass access tokens in a URI query parameter"."""
    request = RequestFactory().post(f"/mcp?access_token={token}", {"access_token": token})
    with pytest.raises(InvalidToken, match="Missing"):
        authenticate(request)


def expire_token() -> None:
    AccessToken.objects.update(expires=timezone.now())


def revoke_authorization() -> None:
    Authorization.objects.update(revoked_at=timezone.now())


def expire_authorization() -> None:
    Authorization.objects.update(expires_at=timezone.now())


def suspend_client() -> None:
    Client.objects.update(suspended_at=timezone.now())


def take_back_clients_approval() -> None:
    Client.objects.update(approved_at=None)


def suspend_person() -> None:
    User.objects.update(is_active=False)


def readdress() -> None:
    AccessToken.objects.update(resource=["https://other.example.com/mcp"])


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (expire_token, "expired_token"),
        (revoke_authorization, "revoked_token"),
        (expire_authorization, "revoked_token"),
        (suspend_client, "suspended_client"),
        (take_back_clients_approval, "suspended_client"),
        (suspend_person, "suspended_person"),
        (readdress, "foreign_token"),
    ],
)
def test_a_token_is_dead_on_the_next_request_once_anything_it_depends_on_has_ended(
    token: str, person: User, end: Any, reason: str
) -> None:
    end()
    refusal = refused(token)
    assert refusal.reason == reason
    assert str(refusal.detail)
    assert refusal.principal is not None
    assert refusal.principal.user == person


@pytest.mark.parametrize("model", [AccessToken, Authorization, Client, User])
def test_a_token_is_unknown_once_anything_it_depends_on_was_deleted(token: str, model: type[Client]) -> None:
    model.objects.get().delete()
    assert refused(token).reason == "unknown_token"


@pytest.mark.parametrize("column", ["user", "application"])
def test_a_token_without_a_person_is_refused(token: str, column: str) -> None:
    """Client credentials tokens of the toolkit have no person, and would pass a check of scopes alone."""
    AccessToken.objects.update(**{column: None})
    assert refused(token).reason == "unknown_token"


def test_a_refresh_token_opens_nothing(app: App) -> None:
    assert refused(app.connect()["refresh_token"]).reason == "unknown_token"


@pytest.mark.parametrize(
    ("audience", "good"),
    [
        ([RESOURCE], True),
        ([f"{RESOURCE}/"], True),
        (["HTTP://LOCALHOST:80/mcp"], True),
        (["https://other.example.com", RESOURCE], True),
        ([], False),
        (["http://localhost"], False),
        (["http://localhost/"], False),
        ([f"{RESOURCE}/part"], False),
        ([f"{RESOURCE}x"], False),
        (["https://localhost/mcp"], False),
        (["http://localhost:9000/mcp"], False),
        (["http://localhost.example.com/mcp"], False),
        (["http://[::1"], False),
    ],
)
def test_a_token_is_for_this_very_resource(token: str, audience: list[str], good: bool) -> None:
    """RFC 8707 section 2; MCP: "MCP servers MUST validate that access tokens were issued specifically for them as
    the intended audience"."""
    AccessToken.objects.update(resource=audience)
    if good:
        assert authenticate(request_with(f"Bearer {token}"))
    else:
        assert refused(token).reason == "foreign_token"


def test_a_token_lives_until_its_very_end(person: User) -> None:
    authorization = make_authorization(person, make_client())
    alive = make_tokens(authorization, resource=RESOURCE, expires_in=timedelta(seconds=30))[2]
    dead = make_tokens(authorization, resource=RESOURCE, expires_in=timedelta(seconds=-1))[2]
    assert authenticate(request_with(f"Bearer {alive}"))
    assert refused(dead).reason == "expired_token"


def test_one_persons_token_is_independent_of_anothers(token: str) -> None:
    other = make_tokens(make_authorization(make_user(), Client.objects.get()), resource=RESOURCE)[2]
    Authorization.objects.filter(consent__user__username="ada").update(revoked_at=timezone.now())
    assert refused(token).reason == "revoked_token"
    assert authenticate(request_with(f"Bearer {other}"))


# --- The challenge -----------------------------------------------------------------------------


def test_the_challenge_leads_to_the_resources_document() -> None:
    """RFC 9728 section 5.1: resource_metadata, absolute, in the path form."""
    assert challenge(request_with(None), scope="read") == f'Bearer scope="read", {METADATA}'


def test_the_challenge_names_what_is_wrong_with_a_token() -> None:
    header = challenge(request_with(None), error="insufficient_scope", scope="read write", description="More needed.")
    assert (
        header == f'Bearer error="insufficient_scope", error_description="More needed.", scope="read write", {METADATA}'
    )


def test_the_challenge_follows_public_url(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://mcp.example.com"
    assert 'resource_metadata="https://mcp.example.com/.well-known/' in challenge(request_with(None))

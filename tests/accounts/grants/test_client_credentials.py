"""Client credentials (RFC 6749 section 4.4): a client acts as the service person that the operator chose for it."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Client, Consent, Event, RefreshToken
from tests.support.flows import RESOURCE, App
from tests.support.oauth.dpop import Prover
from tests.support.oauth.machines import Machine, make_machine
from tests.support.oauth.protected_resources import BILLING, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine() -> Machine:
    return make_machine(scope="read write")


def row_of(answer: dict[str, Any]) -> AccessToken:
    return AccessToken.objects.get(token_checksum=checksum(answer["access_token"]))


# --- What is granted ------------------------------------------------------------------------------------


def test_token_is_the_service_persons_and_its_authorization_says_how_it_came_about(machine: Machine) -> None:
    answer = machine.token()
    token = row_of(answer)
    assert (answer["token_type"], answer["scope"], answer["expires_in"]) == ("Bearer", "read write", 1800)
    assert (token.user, token.application, token.resource) == (machine.person, machine.row, [RESOURCE])
    assert (token.authorization.origin, token.authorization.expires_at) == ("client_credentials", None)


def test_refresh_token_should_not_be_included(machine: Machine) -> None:
    """RFC 6749 section 4.4.3."""
    Client.objects.update(grant_types="authorization_code refresh_token client_credentials")
    assert "refresh_token" not in machine.token()
    assert not RefreshToken.objects.exists()


def test_event_names_the_service_person_and_the_client(machine: Machine) -> None:
    machine.token()
    event = Event.objects.get(kind=Event.Kind.TOKEN)
    assert (event.action, event.outcome) == ("client_credentials", "ok")
    assert (event.user_id, event.username, event.client_id) == (
        machine.person.pk,
        machine.person.username,
        machine.row.client_id,
    )


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        (None, "read write"),
        ("write", "write"),
        ("write read", "write read"),
        ("read admin unknown offline_access", "read"),
        ("read read", "read"),
    ],
)
def test_scopes_are_narrowed_to_those_that_the_operator_allowed(
    machine: Machine, requested: str | None, granted: str
) -> None:
    assert machine.token(scope=requested)["scope"] == granted


@pytest.mark.parametrize("requested", ["write", "unknown", "offline_access", "' OR 1=1"])
def test_request_of_no_scope_that_is_allowed_is_an_invalid_scope(requested: str) -> None:
    machine = make_machine(scope="read")
    assert machine.is_refused("invalid_scope", "only: read", scope=requested)


def test_default_of_the_client_is_what_it_gets_without_a_scope(machine: Machine) -> None:
    Client.objects.update(scope="write unknown")
    assert machine.token()["scope"] == "write"


def test_scope_that_the_server_no_longer_has_is_not_granted() -> None:
    assert make_machine(scope="read gone").token()["scope"] == "read"
    assert make_machine(scope="gone offline_access").is_refused("invalid_scope")


@pytest.mark.parametrize(("minutes", "seconds"), [(5, 300), (600, 1800), (None, 1800)])
def test_lifetime_of_the_access_shortens_that_of_tokens(minutes: int | None, seconds: int) -> None:
    assert make_machine(lifetime_minutes=minutes).token()["expires_in"] == seconds


def test_token_is_bound_to_the_key_of_a_proof(machine: Machine) -> None:
    prover = Prover()
    answer = machine.token(dpop=prover.proof())
    assert (answer["token_type"], row_of(answer).dpop_jkt) == ("DPoP", prover.thumbprint)


def test_client_that_must_bind_its_tokens_is_refused_without_a_proof(machine: Machine) -> None:
    Client.objects.update(requires_dpop=True)
    assert machine.is_refused("invalid_dpop_proof")


# --- Reuse of authorizations ----------------------------------------------------------------------------


def test_tokens_of_the_same_scope_share_one_authorization(machine: Machine) -> None:
    first, again, other = (row_of(machine.token(scope=scope)).authorization for scope in ("read", "read", "write"))
    assert first == again
    assert other != first
    assert Consent.objects.get().user == machine.person


def test_revoked_authorization_is_not_used_again(machine: Machine) -> None:
    first = row_of(machine.token()).authorization
    Authorization.objects.update(revoked_at=timezone.now())
    assert row_of(machine.token()).authorization != first


def test_authorization_that_the_person_gave_otherwise_is_not_used(machine: Machine) -> None:
    given = Consent.objects.create(user=machine.person, client=machine.row, scope="read write")
    other = Authorization.objects.create(consent=given, scope="read write")
    assert row_of(machine.token()).authorization != other


def test_client_revokes_one_of_its_tokens_alone(machine: Machine) -> None:
    """RFC 7009 section 2.1; other programs that share the client keep theirs."""
    one, other = machine.token(), machine.token()
    App(machine.row.client_id, machine.secret).revoke(other["access_token"])
    assert row_of(other).is_expired()
    assert not row_of(one).is_expired()
    assert row_of(one).authorization.is_live


# --- Other resources ------------------------------------------------------------------------------------


def test_token_for_another_resource_needs_the_operators_choice(machine: Machine) -> None:
    make_resource()
    assert machine.is_refused("invalid_target", "did not allow", resource=BILLING)
    machine.change(resources=BILLING)
    token = row_of(machine.token(resource=BILLING))
    assert (token.resource, token.authorization.resource) == ([BILLING], BILLING)
    assert row_of(machine.token()).resource == [RESOURCE]


def test_token_for_another_resource_has_only_the_scopes_that_it_uses(machine: Machine) -> None:
    make_resource(scope="write")
    machine.change(resources=BILLING)
    assert machine.token(resource=BILLING)["scope"] == "write"
    assert machine.is_refused("invalid_scope", resource=BILLING, scope="read")


@pytest.mark.parametrize("resource", ["https://elsewhere.example.com/mcp", [RESOURCE, BILLING], "not an address"])
def test_unknown_or_several_resources_are_an_invalid_target(machine: Machine, resource: str | list[str]) -> None:
    make_resource()
    machine.change(resources=BILLING)
    assert machine.is_refused("invalid_target", resource=resource)


def test_resource_that_is_switched_off_is_an_invalid_target(machine: Machine) -> None:
    make_resource(is_active=False)
    machine.change(resources=BILLING)
    assert machine.is_refused("invalid_target", resource=BILLING)

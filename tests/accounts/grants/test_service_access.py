"""Service access: which clients may use client credentials, and what ends the tokens that they were issued."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts import pruning
from accounts.crypto.token_values import checksum
from accounts.grants.direct import client_credentials
from accounts.models import AccessToken, Authorization, Client, Event, ServiceAccess, User
from tests.support.factories import make_user
from tests.support.flows import App
from tests.support.oauth.machines import Machine, make_machine, make_service_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine() -> Machine:
    return make_machine(scope="read write")


def row_of(answer: dict[str, Any]) -> AccessToken:
    return AccessToken.objects.get(token_checksum=checksum(answer["access_token"]))


# --- Refusals -------------------------------------------------------------------------------------------


def test_grant_must_only_be_used_by_confidential_clients(machine: Machine) -> None:
    """RFC 6749 section 4.4."""
    Client.objects.update(token_endpoint_auth_method="none")
    public = Machine(Client.objects.get(), machine.person)
    assert public.is_refused("unauthorized_client", "must authenticate")


def test_client_must_authenticate_with_the_authorization_server(machine: Machine) -> None:
    """RFC 6749 section 4.4.2."""
    assert machine.is_refused("invalid_client", status=401, client_secret="wrong")
    assert machine.is_refused("invalid_client", status=401, client_secret=None)


def test_client_that_registered_itself_may_not(machine: Machine) -> None:
    """Neither by asking for the grant type at its registration, nor by having signed in a person."""
    app = App.register(grant_types=["authorization_code", "refresh_token", "client_credentials"])
    app.connect()
    assert Machine(app.row, make_user(), app.client_secret).is_refused("unauthorized_client", "service access")


def test_client_that_registered_itself_is_admitted_while_the_operators_approval_holds() -> None:
    app = App.register()
    machine = make_machine(client=app.row)
    allowed = Machine(app.row, machine.person, app.client_secret)
    assert allowed.is_refused("unauthorized_client", "approves it")
    Client.objects.update(vouched_fingerprint=app.row.fingerprint)
    allowed.token()
    Client.objects.update(name="Another name")
    assert allowed.is_refused("unauthorized_client", "approves it")


def test_grant_type_alone_gives_nothing(machine: Machine) -> None:
    ServiceAccess.objects.all().delete()
    assert machine.is_refused("unauthorized_client", "service access")


def test_refusal_has_an_event_with_the_service_person(machine: Machine) -> None:
    machine.is_refused("invalid_scope", scope="unknown")
    event = Event.objects.get(kind=Event.Kind.TOKEN, outcome="refused")
    assert (event.reason, event.user_id, event.client_id) == ("invalid_scope", machine.person.pk, machine.row.client_id)


def test_person_who_signs_in_is_nobody_to_act_as(machine: Machine) -> None:
    ServiceAccess.objects.update(user=make_user())
    assert machine.is_refused("unauthorized_client")


def test_name_of_a_person_in_the_request_changes_nothing(machine: Machine) -> None:
    admin = make_user("admin", is_superuser=True)
    sent = {"username": "admin", "sub": str(admin.pk), "user_id": str(admin.pk), "subject": "admin", "act_as": "admin"}
    assert row_of(machine.token(**sent)).user == machine.person


def test_client_id_that_is_the_name_of_a_person_does_not_become_that_person() -> None:
    """RFC 9700 section 4.15: the token belongs to the service person, whatever the client is called."""
    victim = make_user("alice")
    machine = make_machine()
    Client.objects.filter(pk=machine.row.pk).update(client_id=victim.username, name=victim.username)
    renamed = Machine(Client.objects.get(), machine.person, machine.secret)
    assert row_of(renamed.token()).user == machine.person


# --- Changes end what was issued ------------------------------------------------------------------------


def suspend_person(machine: Machine) -> None:
    User.objects.filter(pk=machine.person.pk).update(is_active=False)


def suspend_client(machine: Machine) -> None:
    Client.objects.update(suspended_at=timezone.now())


@pytest.mark.parametrize(
    "change",
    [
        lambda machine: machine.change(user=make_service_person()),
        lambda machine: machine.change(scope="read"),
        lambda machine: machine.change(resources=""),
        lambda machine: machine.change(lifetime_minutes=1),
        lambda machine: machine.access.delete(),
        lambda machine: ServiceAccess.objects.all().delete(),
        lambda machine: machine.person.delete(),
        suspend_person,
        suspend_client,
    ],
)
def test_change_of_the_access_ends_what_was_issued(machine: Machine, change: Any) -> None:
    token = machine.token()["access_token"]
    assert is_accepted(token)
    change(machine)
    assert not is_accepted(token)


def test_change_is_an_event_with_its_reason(machine: Machine) -> None:
    machine.token()
    machine.change(scope="read")
    assert Event.objects.get(kind=Event.Kind.REVOCATION).reason == "service_access_changed"


def test_suspended_person_or_client_is_given_no_token(machine: Machine) -> None:
    suspend_person(machine)
    assert machine.is_refused("unauthorized_client", "suspended")
    suspend_client(machine)
    assert machine.is_refused("unauthorized_client", "The operator of this server has suspended this client")


def test_access_that_changes_between_the_decision_and_the_token_gives_none(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = client_credentials.granted_scopes

    def and_change(*args: Any) -> list[str]:
        granted = decide(*args)
        machine.change(user=make_service_person())
        return granted

    monkeypatch.setattr(client_credentials, "granted_scopes", and_change)
    assert machine.is_refused("unauthorized_client", "changed")


def test_authorization_endpoint_refuses_a_machine_on_a_page(machine: Machine, client: Browser) -> None:
    client.force_login(make_user())
    response = client.get("/oauth/authorize", {"client_id": machine.row.client_id, "response_type": "code"})
    assert (response.status_code, "Location" in response) == (400, False)


def test_tokens_that_expired_are_pruned_with_their_authorization(machine: Machine) -> None:
    machine.token()
    past = timezone.now() - timedelta(days=3)
    AccessToken.objects.update(expires=past)
    Authorization.objects.update(created_at=past)
    for rule in pruning.RETENTION_RULES:
        list(rule.prune())
    assert not Authorization.objects.exists()
    machine.token()


def test_client_with_service_access_is_not_pruned_as_unused() -> None:
    kept, unused = App.register().row, App.register(client_name="Unused").row
    make_machine(client=kept)
    Client.objects.update(updated=timezone.now() - timedelta(days=400))
    assert list(pruning.clients()) == [unused]


def is_accepted(token: str) -> bool:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "hi"}}}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    response = Browser().post("/mcp", body, content_type="application/json", headers=headers)
    assert response.status_code in (200, 401), response.content
    return response.status_code == 200

"""Clients that the operator suspended: told so once they have authenticated, and never before."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Client, ClientAssertion, Event
from tests.support.factories import make_client
from tests.support.flows import post_token
from tests.support.oauth.dpop import Prover
from tests.support.oauth.machines import Machine, make_machine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

WORDS = "The operator of this server has suspended this client."


def suspend(machine: Machine) -> Machine:
    Client.objects.update(suspended_at=timezone.now())
    return machine


def answer(machine: Machine, **changes: Any) -> tuple[int, dict[str, str]]:
    response = machine.ask(**changes)
    return response.status_code, response.json()


def unknown(**changes: Any) -> tuple[int, dict[str, str]]:
    response = post_token({"grant_type": "client_credentials", "client_id": "unknown", **changes})
    return response.status_code, response.json()


def test_client_with_the_right_secret_is_told() -> None:
    """RFC 6749 section 5.2: "The authenticated client is not authorized to use this authorization grant type."."""
    machine = suspend(make_machine())
    assert machine.is_refused("unauthorized_client", WORDS)
    event = Event.objects.get(outcome="refused")
    assert (event.reason, event.client_id) == ("suspended_client", machine.row.client_id)


def test_client_with_a_valid_assertion_is_told() -> None:
    machine = suspend(make_machine(key=Prover()))
    assert machine.is_refused("unauthorized_client", WORDS)
    assert ClientAssertion.objects.count() == 1


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_secret": ""}, {}])
def test_client_with_another_secret_or_none_gets_the_answer_of_an_unknown_one(changes: dict[str, str]) -> None:
    machine = suspend(make_machine())
    sent = {"client_secret": "", **changes}
    assert answer(machine, **sent) == unknown(**sent)
    assert Event.objects.filter(reason="suspended_client").count() == 0


def test_public_client_gets_the_answer_of_an_unknown_one() -> None:
    client = make_client(token_endpoint_auth_method="none", suspended_at=timezone.now())
    for secret in ({}, {"client_secret": "any"}):
        sent = {"grant_type": "refresh_token", "refresh_token": "any", **secret}
        response = post_token({**sent, "client_id": client.client_id})
        assert (response.status_code, response.json()) == unknown(**sent)


def test_assertion_of_another_key_gets_the_answer_of_an_unknown_client() -> None:
    machine = suspend(make_machine(key=Prover()))
    stranger = Machine(machine.row, machine.person, key=Prover())
    assert answer(stranger)[1]["error_description"] == unknown()[1]["error_description"]
    assert stranger.is_refused("invalid_client", status=401)


def test_secret_is_not_enough_where_the_key_is_required() -> None:
    machine = suspend(make_machine())
    Client.objects.update(requires_assertion=True)
    assert machine.is_refused("invalid_client", status=401)


def test_used_assertion_gets_the_answer_of_an_unknown_client() -> None:
    machine = suspend(make_machine(key=Prover()))
    sent = machine.assertion()
    assert answer(machine, client_assertion=sent)[0] == 400
    assert answer(machine, client_assertion=sent)[0] == 401

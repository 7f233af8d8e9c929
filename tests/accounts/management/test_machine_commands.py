"""`manage.py create_client` and `rotate_secret`: a machine's client without admin, and its next secret."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Client, Event, ServiceAccess, User
from tests.support.factories import make_client, make_user
from tests.support.oauth.dpop import Prover
from tests.support.oauth.machines import Machine, make_machine, make_service_person

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def create(*arguments: str) -> dict[str, Any]:
    return json.loads(run("create_client", "Nightly report", "--as", "robot", "--json", *arguments))


@pytest.fixture
def robot() -> User:
    return make_service_person("robot")


def machine_of(made: dict[str, Any], robot: User) -> Machine:
    return Machine(Client.objects.get(client_id=made["client_id"]), robot, made["client_secret"])


def test_client_is_created_with_its_access_and_a_secret_that_works(robot: User) -> None:
    made = create("--grant", "client_credentials", "--scope", "read write", "--minutes", "10")
    answer = machine_of(made, robot).token()
    assert (answer["scope"], answer["expires_in"], made["acts_as"]) == ("read write", 600, "robot")
    event = Event.objects.get(kind=Event.Kind.REGISTRATION)
    assert (event.action, event.detail) == ("by_command", "Acts as robot, with at most read write.")
    assert made["client_secret"] not in str(list(Event.objects.values()))
    assert made["client_secret"] not in str(list(Client.objects.values()))


def test_output_for_people_has_both_values(robot: User) -> None:
    said = run("create_client", "Report", "--as", "robot")
    assert f"client_id: {Client.objects.get().client_id}" in said
    assert "shown only this once" in said


def test_client_with_keys_has_no_secret(robot: User, tmp_path: Path) -> None:
    key, file = Prover(), tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key.jwk]}))
    made = create("--jwks", str(file))
    assert "client_secret" not in made
    assert Machine(Client.objects.get(), robot, key=key).token()["scope"] == "read"


def test_missing_service_person_is_added_on_request() -> None:
    made = create("--add-person")
    robot = User.objects.get(username="robot")
    assert (robot.is_service, robot.has_usable_password()) == (True, False)
    machine_of(made, robot).token()
    machine_of(create("--add-person"), robot).token()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scope", "read admin"], "--scope: Select a valid choice. admin"),
        (["--scope", ""], "--scope: This field is required."),
        (["--minutes", "0"], "--minutes:"),
        (["--resource", "https://unknown.example.com"], "--resource: Select a valid choice."),
        (["--jwks", "/nowhere/at-all"], "--jwks: /nowhere/at-all cannot be read"),
        (["--jwks-uri", "http://example.com/keys"], "--jwks-uri: An https address is required."),
    ],
)
def test_wrong_argument_is_an_error_in_a_sentence_and_adds_nothing(
    robot: User, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words.replace("[", r"\[")):
        create(*arguments)
    assert not Client.objects.exists()
    assert not ServiceAccess.objects.exists()


@pytest.mark.parametrize("is_missing", [True, False])
def test_person_who_signs_in_is_nobody_to_act_as(is_missing: bool) -> None:
    if not is_missing:
        make_user("robot")
    with pytest.raises(CommandError, match="There is no service person 'robot'"):
        create()
    if not is_missing:
        with pytest.raises(CommandError, match="--as: A person with this name exists already"):
            create("--add-person")


def test_secret_is_rotated_with_an_overlap() -> None:
    machine = make_machine()
    made = json.loads(run("rotate_secret", machine.row.client_id, "--json"))
    Machine(machine.row, machine.person, made["client_secret"]).token()
    machine.token()
    Client.objects.update(former_secret_until=timezone.now() - timedelta(seconds=1))
    assert machine.is_refused("invalid_client", status=401)
    assert "Rotated the secret by a command" in Event.objects.get(kind=Event.Kind.ADMIN).detail


def test_overlap_is_chosen_in_hours() -> None:
    machine = make_machine()
    run("rotate_secret", "Nightly report", "--overlap", "2")
    left = Client.objects.get().former_secret_until
    assert left is not None
    assert timedelta(minutes=119) < left - timezone.now() <= timedelta(hours=2)
    run("rotate_secret", "Nightly report", "--overlap", "0")
    assert machine.is_refused("invalid_client", status=401)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is no client 'nobody'"),
        (["a\x00b"], "There is no client"),
        (["Twice"], "Several clients are called 'Twice'"),
        (["Public"], "Public has no secret"),
        (["Twice", "--overlap", "-1"], "--overlap: -1 hours"),
        (["Twice", "--overlap", "9999999999"], "--overlap: 9999999999 hours"),
    ],
)
def test_secret_that_cannot_be_rotated_is_an_error_in_a_sentence(arguments: list[str], words: str) -> None:
    for name, method in (("Twice", "client_secret_basic"), ("Twice", "client_secret_basic"), ("Public", "none")):
        make_client(name=name, token_endpoint_auth_method=method)
    with pytest.raises(CommandError, match=words):
        run("rotate_secret", *arguments)
    assert not Event.objects.exists()

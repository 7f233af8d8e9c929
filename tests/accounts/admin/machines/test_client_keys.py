"""The keys of a client that an operator made: shown on its page, and replaced there or by `manage.py rotate_keys`."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from accounts.models import Client, Event
from tests.support.admin.pages import confirmed, text_of, url
from tests.support.admin.staff import browser_of, person_with
from tests.support.factories import make_client
from tests.support.oauth.dpop import Prover
from tests.support.oauth.machines import Machine, make_machine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

FORMER, NEW = Prover(), Prover()


@pytest.fixture
def machine() -> Machine:
    return make_machine(key=FORMER)


def written(*keys: Any) -> str:
    return json.dumps({"keys": list(keys)})


def replace(browser: Browser, row: Client, jwks: str = "", **fields: str) -> str:
    return text_of(confirmed(browser, url("client_act", row.pk, "replace_keys"), {"jwks": jwks, **fields}))


def by(machine: Machine, key: Prover) -> Machine:
    return Machine(machine.row, machine.person, key=key)


def is_unproven(machine: Machine) -> bool:
    return machine.is_refused("invalid_client", status=401)


def with_file(folder: Path) -> Callable[..., str]:
    """Return a function that runs the command with a file that has the given text."""

    def run(row: Client, jwks: str) -> str:
        file, output = folder / "keys.json", StringIO()
        file.write_text(jwks)
        call_command("rotate_keys", row.client_id, "--jwks", str(file), stdout=output)
        return output.getvalue()

    return run


# --- On the page ----------------------------------------------------------------------------------


def test_page_shows_the_public_keys(admin_client: Browser, machine: Machine) -> None:
    Client.objects.update(jwks={"keys": [{**FORMER.jwk, "kid": "<b>2026"}]})
    page = admin_client.get(url("client_change", machine.row.pk))
    assert "&lt;b&gt;2026" in page.text
    assert FORMER.thumbprint in page.text
    assert "EC P-256" in page.text
    assert FORMER.jwk["x"] not in page.text


def test_keys_at_an_address_are_not_fetched_for_the_page(admin_client: Browser) -> None:
    client = make_client(token_endpoint_auth_method="private_key_jwt", jwks_uri="https://keys.example.com/jwks.json")
    page = text_of(admin_client.get(url("client_change", client.pk)))
    assert "https://keys.example.com/jwks.json" in page
    assert "not fetched yet" in page


def test_new_key_takes_the_place_of_the_former_at_once(admin_client: Browser, machine: Machine) -> None:
    assert "Replaced the keys: 1 new, 1 removed, 0 kept." in replace(admin_client, machine.row, written(NEW.jwk))
    by(machine, NEW).token()
    assert is_unproven(machine)
    event = Event.objects.get(kind=Event.Kind.ADMIN)
    assert event.client_id == machine.row.client_id
    assert "Replaced the keys" in event.detail


def test_set_with_both_keys_accepts_both(admin_client: Browser, machine: Machine) -> None:
    both = written(FORMER.jwk, NEW.jwk)
    assert "1 new, 0 removed, 1 kept" in replace(admin_client, machine.row, both)
    machine.token()
    by(machine, NEW).token()


def test_address_takes_the_place_of_stored_keys(admin_client: Browser, machine: Machine) -> None:
    replace(admin_client, machine.row, jwks_uri="https://keys.example.com/jwks.json")
    client = Client.objects.get()
    assert (client.jwks, client.jwks_uri) == (None, "https://keys.example.com/jwks.json")
    replace(admin_client, machine.row, written(NEW.jwk))
    client.refresh_from_db()
    assert (client.jwks, client.jwks_uri) == ({"keys": [NEW.jwk]}, "")


def test_keys_that_this_server_cannot_use_are_counted(admin_client: Browser, machine: Machine) -> None:
    page = replace(admin_client, machine.row, written(NEW.jwk, {"kty": "EC", "crv": "secp256k1"}))
    assert "1 further keys in the set were left out" in page


INVALID = [
    (written(NEW.private_jwk), "This set has a private key"),
    (json.dumps(NEW.private_jwk), "This set has a private key"),
    (written(NEW.jwk, {"kty": "oct", "k": "AAAA"}), "This set has a private key"),
    ("", "requires the public keys"),
    ("{", "This is not JSON"),
    ("[" * 9000, "This is not JSON"),
    ("1" * 5000, "This is not JSON"),
    ("NaN", 'An object with "keys" is required'),
    ("null", 'An object with "keys" is required'),
    (written(), "requires the public keys"),
    (written({"kty": "EC", "x": True, "crv": "P-256"}), "requires the public keys"),
    (written({**NEW.jwk, "kid": "\ud800"}), "requires the public keys"),
    (written(*[NEW.jwk] * 101), "with at most 100 of them"),
    ("x" * 40_000, "at most 32768 characters"),
]


@pytest.mark.parametrize(("jwks", "words"), INVALID)
def test_invalid_set_is_refused_and_changes_nothing(
    admin_client: Browser, machine: Machine, tmp_path: Path, jwks: str, words: str
) -> None:
    assert words in replace(admin_client, machine.row, jwks)
    with pytest.raises(CommandError, match=f"--jwks: .*{words}"):
        with_file(tmp_path)(machine.row, jwks)
    assert Client.objects.get().jwks == {"keys": [FORMER.jwk]}
    assert not Event.objects.filter(kind=Event.Kind.ADMIN).exists()


@pytest.mark.parametrize("address", ["http://keys.example.com", "https://", "https://a.example/\x00"])
def test_invalid_address_is_refused(admin_client: Browser, machine: Machine, address: str) -> None:
    replace(admin_client, machine.row, jwks_uri=address)
    assert Client.objects.get().jwks_uri == ""


def test_only_one_of_both_is_accepted(admin_client: Browser, machine: Machine) -> None:
    page = replace(admin_client, machine.row, written(NEW.jwk), jwks_uri="https://keys.example.com/jwks.json")
    assert "and not both" in page
    assert Client.objects.get().jwks == {"keys": [FORMER.jwk]}


def test_keys_that_changed_meanwhile_are_not_replaced(admin_client: Browser, machine: Machine) -> None:
    address = url("client_act", machine.row.pk, "replace_keys")
    shown = admin_client.post(address).context["shown"]
    Client.objects.update(jwks={"keys": []}, jwks_uri="https://keys.example.com/jwks.json")
    page = admin_client.post(address, {"shown": shown, "jwks": written(NEW.jwk)})
    assert "The keys have changed since this page was opened" in text_of(page)
    assert Client.objects.get().jwks_uri == "https://keys.example.com/jwks.json"


@pytest.mark.parametrize("source", [Client.RegistrationSource.DCR, Client.RegistrationSource.CIMD])
def test_client_that_changes_its_own_keys_has_no_button(admin_client: Browser, machine: Machine, source: str) -> None:
    Client.objects.update(registration_source=source)
    assert "Replace keys" not in text_of(admin_client.get(url("client_change", machine.row.pk)))
    replace(admin_client, machine.row, written(NEW.jwk))
    assert Client.objects.get().jwks == {"keys": [FORMER.jwk]}


def test_operator_cannot_replace_the_keys_of_a_client_with_more_rights(machine: Machine) -> None:
    machine.person.groups.add(Group.objects.create(name="Finance"))
    operator = browser_of(person_with("view_client", "change_client"))
    response = confirmed(operator, url("client_act", machine.row.pk, "replace_keys"), {"jwks": written(NEW.jwk)})
    assert response.status_code == 403
    machine.token()


# --- By the command -------------------------------------------------------------------------------


def test_command_replaces_the_keys(machine: Machine, tmp_path: Path) -> None:
    said = with_file(tmp_path)(machine.row, written({**NEW.jwk, "kid": "2027"}))
    assert "Replaced the keys: 1 new, 1 removed, 0 kept." in said
    assert f"2027: EC P-256, thumbprint {NEW.thumbprint}" in said
    by(machine, NEW).token()
    assert is_unproven(machine)
    assert "By a command." in Event.objects.get(kind=Event.Kind.ADMIN).detail


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody", "--jwks-uri", "https://keys.example.com"], "There is no client 'nobody'"),
        (["Secret", "--jwks-uri", "https://keys.example.com"], "Secret has no keys that can be replaced here"),
        (["Secret", "--jwks-uri", "http://keys.example.com"], "--jwks-uri: An https address is required."),
        (["Secret", "--jwks", "/nowhere/at-all"], "--jwks: /nowhere/at-all cannot be read"),
        (["Secret"], "one of the arguments --jwks --jwks-uri is required"),
    ],
)
def test_keys_that_cannot_be_replaced_are_an_error_in_a_sentence(arguments: list[str], words: str) -> None:
    make_client(name="Secret")
    with pytest.raises(CommandError, match=words):
        call_command("rotate_keys", *arguments)
    assert not Event.objects.exists()


def test_list_marks_machines(admin_client: Browser, machine: Machine) -> None:
    make_client(name="An app")
    page = admin_client.get(url("client_changelist"))
    assert page.text.count("state-machine") == 1

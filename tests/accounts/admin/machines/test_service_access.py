"""Service access in admin: who may give it, to which clients, and what a change ends."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client as Browser

from accounts.models import Client, Event, ServiceAccess, User
from tests.support.admin.pages import confirmed, press, secret_in, text_of, url
from tests.support.admin.staff import browser_of, person_with
from tests.support.factories import make_client, make_user
from tests.support.flows import App
from tests.support.oauth.dpop import Prover
from tests.support.oauth.machines import Machine, make_machine, make_service_person
from tests.support.oauth.protected_resources import BILLING, make_resource

pytestmark = pytest.mark.django_db

MACHINE = f"{url('client_add')}?machine=1"
MANAGES = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in ("client", "serviceaccess")]


@pytest.fixture
def robot() -> User:
    return make_service_person("robot")


@pytest.fixture
def operator() -> User:
    return person_with(*MANAGES)


def terms(robot: User, **changes: Any) -> dict[str, Any]:
    return {"acts_as": robot.pk, "ceiling": ["read"], "lifetime_minutes": "", **changes}


def new_machine(robot: User, **changes: Any) -> dict[str, Any]:
    return {"name": "Nightly report", "token_endpoint_auth_method": "client_secret_basic", **terms(robot, **changes)}


def errors_in(response: Any) -> dict[str, Any]:
    return dict(response.context["adminform"].form.errors)


def with_more_rights(robot: User) -> None:
    robot.groups.add(Group.objects.create(name="Finance"))


# --- A client for a machine, in one step ----------------------------------------------------------------


def test_operator_adds_a_client_with_its_access_and_is_shown_the_secret_once(robot: User, operator: User) -> None:
    browser = browser_of(operator)
    assert "add a client for a machine" in browser.get(url("client_add")).text
    page = browser.post(MACHINE, new_machine(robot, ceiling=["read", "write"], lifetime_minutes="10"), follow=True)
    client = Client.objects.get()
    machine = Machine(client, robot, secret_in(text_of(page)) or "")
    assert (client.grant_types, client.redirect_uris, client.user) == ("client_credentials", "", None)
    answer = machine.token()
    assert (answer["scope"], answer["expires_in"]) == ("read write", 600)
    assert "acts as" in page.text.lower()
    details = Event.objects.filter(kind=Event.Kind.ADMIN).values_list("action", flat=True)
    assert set(details) == {"added client", "added service access"}


def test_client_with_a_key_is_added_without_a_secret(admin_client: Browser, robot: User) -> None:
    key = Prover()
    public = {**key.jwk, "kid": "one"}
    sent = new_machine(robot, token_endpoint_auth_method="private_key_jwt", jwks=json.dumps({"keys": [public]}))
    page = admin_client.post(MACHINE, sent, follow=True)
    client = Client.objects.get()
    assert secret_in(text_of(page)) is None
    assert Machine(client, robot, key=key).token()["scope"] == "read"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"acts_as": ""}, "acts_as"),
        ({"acts_as": "0"}, "acts_as"),
        ({"ceiling": []}, "ceiling"),
        ({"ceiling": ["admin"]}, "ceiling"),
        ({"ceiling": ["offline_access"]}, "ceiling"),
        ({"resources": ["https://unknown.example.com"]}, "resources"),
        ({"lifetime_minutes": "0"}, "lifetime_minutes"),
        ({"lifetime_minutes": "NaN"}, "lifetime_minutes"),
        ({"lifetime_minutes": "99999"}, "lifetime_minutes"),
        ({"name": "\u200b"}, "name"),
        ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": "{"}, "jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": "[" * 9000}, "jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": "x" * 40_000}, "jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": '{"keys": [{"kty": "oct", "k": "AA"}]}'}, "jwks"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "http://example.com/keys"}, "jwks_uri"),
    ],
)
def test_invalid_client_for_a_machine_is_refused_with_nothing_stored(
    admin_client: Browser, robot: User, changes: dict[str, Any], field: str
) -> None:
    response = admin_client.post(MACHINE, new_machine(robot, **changes))
    assert field in errors_in(response)
    assert not Client.objects.exists()
    assert not ServiceAccess.objects.exists()


def test_form_offers_the_service_people(admin_client: Browser, robot: User) -> None:
    make_user("ada")
    page = admin_client.get(MACHINE).text
    assert f'<option value="{robot.pk}">robot</option>' in page
    assert ">ada</option>" not in page


def test_people_who_sign_in_are_not_offered(admin_client: Browser, robot: User) -> None:
    ada = make_user("ada")
    response = admin_client.post(MACHINE, new_machine(ada))
    assert "acts_as" in errors_in(response)


def test_keys_are_not_stored_for_a_client_with_a_secret(admin_client: Browser, robot: User) -> None:
    admin_client.post(MACHINE, new_machine(robot, jwks=json.dumps({"keys": [Prover().jwk]}), jwks_uri="https://a.b/c"))
    client = Client.objects.get()
    assert (client.jwks, client.jwks_uri) == (None, "")


# --- Access of a client that exists ---------------------------------------------------------------------


def test_client_that_people_use_is_given_access_as_well(admin_client: Browser, robot: User) -> None:
    make_resource()
    client = make_client(client_secret="s3cret-value")
    page = admin_client.get(url("client_change", client.pk))
    assert f"{url('serviceaccess_add')}?client={client.pk}" in page.text
    sent = {"client": client.pk, **terms(robot, resources=[BILLING])}
    assert admin_client.post(url("serviceaccess_add"), sent).status_code == 302
    machine = Machine(client, robot, "s3cret-value")
    assert machine.token()["scope"] == "read"
    assert machine.token(resource=BILLING)["scope"] == "read"
    assert "robot, with at most read" in admin_client.get(url("client_change", client.pk)).text


def test_client_that_registered_itself_is_given_access_only_once_it_is_approved(
    admin_client: Browser, robot: User
) -> None:
    client = App.register().row
    sent = {"client": client.pk, **terms(robot)}
    refused = admin_client.post(url("serviceaccess_add"), sent)
    assert "Approve it first" in str(errors_in(refused)["client"])
    Client.objects.update(vouched_fingerprint=client.fingerprint)
    assert admin_client.post(url("serviceaccess_add"), sent).status_code == 302


def test_public_client_is_given_none(admin_client: Browser, robot: User) -> None:
    client = make_client(token_endpoint_auth_method="none")
    refused = admin_client.post(url("serviceaccess_add"), {"client": client.pk, **terms(robot)})
    assert "anybody could use it" in str(errors_in(refused)["client"])
    Client.objects.update(requires_assertion=True)
    assert admin_client.post(url("serviceaccess_add"), {"client": client.pk, **terms(robot)}).status_code == 302


def test_change_in_admin_ends_what_was_issued(admin_client: Browser) -> None:
    machine = make_machine(scope="read write")
    machine.token()
    page = url("serviceaccess_change", machine.access.pk)
    assert admin_client.get(page).context["adminform"].form["ceiling"].value() == ["read", "write"]
    assert admin_client.post(page, terms(machine.person)).status_code == 302
    assert machine.access.scope == "read"
    assert Event.objects.filter(reason="service_access_changed").count() == 1


def test_deletion_from_the_list_ends_it(admin_client: Browser) -> None:
    machine = make_machine()
    machine.token()
    sent = {"action": "delete_selected", "_selected_action": [machine.access.pk], "post": "yes"}
    admin_client.post(url("serviceaccess_changelist"), sent)
    assert Event.objects.filter(reason="service_access_changed").count() == 1
    assert machine.is_refused("unauthorized_client")


# --- No operator gains rights that they lack ------------------------------------------------------------


def test_operator_cannot_choose_a_service_person_with_more_rights(robot: User, operator: User) -> None:
    with_more_rights(robot)
    response = browser_of(operator).post(MACHINE, new_machine(robot))
    assert "acts_as" in errors_in(response)
    robot.groups.clear()
    robot.user_permissions.add(Permission.objects.get(codename="delete_user"))
    assert "acts_as" in errors_in(browser_of(operator).post(MACHINE, new_machine(robot)))


@pytest.mark.parametrize("action", ["rotate_secret", "replace_secret"])
def test_operator_is_shown_no_secret_of_a_client_with_more_rights(operator: User, action: str) -> None:
    machine = make_machine()
    with_more_rights(machine.person)
    response = confirmed(browser_of(operator), url("client_act", machine.row.pk, action))
    assert (response.status_code, secret_in(text_of(response))) == (403, None)
    machine.token()


def test_operator_cannot_give_such_a_client_a_secret_by_another_method(operator: User) -> None:
    machine = make_machine(key=Prover())
    with_more_rights(machine.person)
    browser, page = browser_of(operator), url("client_change", machine.row.pk)
    sent = {"name": "Renamed", "redirect_uris": "", "token_endpoint_auth_method": "client_secret_basic"}
    shown = browser.post(page, sent, follow=True)
    assert secret_in(text_of(shown)) is None
    assert Client.objects.get().token_endpoint_auth_method == "private_key_jwt"


def test_operator_cannot_change_access_with_more_rights(operator: User) -> None:
    machine = make_machine()
    with_more_rights(machine.person)
    page = url("serviceaccess_change", machine.access.pk)
    assert browser_of(operator).get(page).status_code == 200
    assert browser_of(operator).post(page, terms(make_service_person())).status_code == 403
    assert machine.access.user == machine.person


def test_operator_may_end_access_with_more_rights(operator: User) -> None:
    machine = make_machine()
    with_more_rights(machine.person)
    browser_of(operator).post(url("serviceaccess_delete", machine.access.pk), {"post": "yes"})
    assert not ServiceAccess.objects.exists()


def test_superuser_rotates_the_secret_of_a_machine(admin_client: Browser) -> None:
    machine = make_machine()
    secret = secret_in(press(admin_client, machine.row, "rotate_secret"))
    assert secret
    Machine(machine.row, machine.person, secret).token()
    machine.token()


def test_add_form_for_a_machine_takes_both_permissions(robot: User) -> None:
    browser = browser_of(person_with("add_client", "change_client"))
    assert browser.post(MACHINE, new_machine(robot)).status_code == 403
    assert "machine=1" not in browser.get(url("client_add")).text
    assert not Client.objects.exists()

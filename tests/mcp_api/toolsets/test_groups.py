"""A toolset for people in some groups: others are refused where they would consent."""

import pytest
from django.contrib.auth.models import Group

from accounts.diagnosis.explanations import explain
from accounts.models import Authorization, Event, User
from mcp_api.models import Toolset
from tests.mcp_api.toolsets.conftest import OWN
from tests.support.factories import make_user
from tests.support.flows import App, approve, ask, left_for, link_target, parameters_in, sign_in
from tests.support.oauth.devices import Device, decide, type_code

BILLING = f"{OWN}/billing"
SENTENCE = "Your account is in none of the groups that may use this toolset. Ask the operator to add you to one"


@pytest.fixture
def clerks(billing: Toolset) -> Group:
    group = Group.objects.create(name="Clerks")
    billing.groups.add(group)
    billing.save()
    return group


@pytest.fixture
def person(db: None) -> User:
    return make_user()


def test_person_outside_of_the_groups_is_refused_with_a_sentence(clerks: Group, person: User) -> None:
    page = ask(sign_in(person), App.register(), resource=BILLING)
    assert SENTENCE in page.text
    assert 'value="approve"' not in page.text
    sent = parameters_in(link_target(page))
    assert (sent["error"], sent["state"], sent["iss"]) == ("access_denied", "random123", "http://localhost")
    event = Event.objects.latest("pk")
    assert (event.kind, event.outcome, event.reason) == ("authorization", "refused", "forbidden_toolset")
    assert (event.user_id, event.client_name, event.endpoint) == (person.pk, "My Test App", "billing")
    assert "one of the groups" in str(explain(event).remedy)  # type: ignore[union-attr]
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("changes", [{}, {"prompt": "none"}])
def test_client_that_the_operator_made_is_told(clerks: Group, person: User, changes: dict[str, str]) -> None:
    sent = parameters_in(left_for(ask(sign_in(person), App.by_hand(), resource=BILLING, **changes)))
    assert sent["error"] == "access_denied"
    assert "none of the groups" in sent["error_description"]


def test_person_in_a_group_consents(clerks: Group, person: User) -> None:
    person.groups.add(clerks)
    assert App.by_hand().connect(sign_in(person), resource=BILLING)["access_token"]


def test_first_endpoint_is_for_all_people(clerks: Group, person: User) -> None:
    assert App.by_hand().connect(sign_in(person))["access_token"]


def test_remembered_consent_of_a_person_who_left_the_group_gives_no_code(clerks: Group, person: User) -> None:
    app, browser = App.by_hand(redirect_uris="https://app.example.com/callback"), sign_in(person)
    person.groups.add(clerks)
    approve(browser, app, resource=BILLING)
    person.groups.clear()
    assert parameters_in(left_for(ask(browser, app, resource=BILLING)))["error"] == "access_denied"


def test_person_who_leaves_the_group_while_the_page_is_open_approves_nothing(clerks: Group, person: User) -> None:
    person.groups.add(clerks)
    app, browser = App.register(), sign_in(person)
    page = ask(browser, app, resource=BILLING)
    person.groups.clear()
    assert SENTENCE in decide(browser, page).text
    assert not Authorization.objects.exists()


def test_code_of_a_device_waits_for_somebody_in_the_group(clerks: Group, person: User) -> None:
    device = Device.register()
    code = device.codes(resource=BILLING)["user_code"]
    refused = type_code(sign_in(person), code)
    assert (refused.status_code, SENTENCE in refused.text) == (400, True)
    assert Event.objects.latest("pk").reason == "forbidden_toolset"
    person.groups.add(clerks)
    assert 'value="approve"' in type_code(sign_in(person), code).text

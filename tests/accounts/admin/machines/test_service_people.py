"""Service people in admin: they are added without a password, and told apart from people who sign in."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client as Browser

from accounts.models import Event, User
from tests.support.admin.pages import admin_url, confirmed, url
from tests.support.admin.staff import NEW, browser_of, person_with, staff_with
from tests.support.factories import make_event, make_user
from tests.support.oauth.machines import Machine, make_machine, make_service_person

pytestmark = pytest.mark.django_db

ADD = f"{url('user_add')}?service=1"
BADGE = '<span class="state state-service">service</span>'


@pytest.fixture
def machine() -> Machine:
    return make_machine(person=make_service_person("robot"))


def test_operator_adds_one_by_a_name_alone() -> None:
    operator = staff_with("add_user", "change_user", "view_user")
    assert "Add service person" in operator.get(url("user_changelist")).text
    assert "password" not in operator.get(ADD).context["adminform"].form.fields
    assert operator.post(ADD, {"username": "robot"}).status_code == 302
    robot = User.objects.get(username="robot")
    assert (robot.is_service, robot.is_staff, robot.has_usable_password()) == (True, False, False)
    assert Event.objects.get(kind=Event.Kind.ADMIN).detail == "robot: Added as a service person."


def test_flags_and_a_password_in_its_form_are_ignored(admin_client: Browser) -> None:
    sent = {"username": "robot", "password1": NEW, "password2": NEW, "is_staff": "on", "is_superuser": "on"}
    admin_client.post(ADD, sent)
    robot = User.objects.get(username="robot")
    assert (robot.is_service, robot.is_staff, robot.is_superuser) == (True, False, False)
    assert not robot.has_usable_password()


@pytest.mark.parametrize("name", ["", "ada", "ADA", "a b", "x" * 151])
def test_name_that_is_taken_or_invalid_is_refused(admin_client: Browser, name: str) -> None:
    make_user("ada")
    assert admin_client.post(ADD, {"username": name}).context["adminform"].form.errors["username"]
    assert not User.objects.filter(is_service=True).exists()


def test_ordinary_form_adds_no_service_person(admin_client: Browser) -> None:
    sent = {"username": "ada", "password1": NEW, "password2": NEW, "usable_password": "true", "is_service": "on"}
    admin_client.post(url("user_add"), sent)
    assert not User.objects.get(username="ada").is_service


def test_page_has_groups_but_no_password_and_address(admin_client: Browser, machine: Machine) -> None:
    page = admin_client.get(url("user_change", machine.person.pk))
    shown = set(page.context["adminform"].form.fields)
    assert {"username", "is_active", "groups", "user_permissions"} <= shown
    assert not {"email", "is_staff", "is_superuser", "role", "is_service", "last_login"} & shown
    assert "cannot sign in" in page.text
    assert "Nightly report" in page.text
    assert "Send a link for a new password" not in page.text


def test_superuser_gives_it_groups_and_nothing_makes_it_staff(admin_client: Browser, machine: Machine) -> None:
    group = Group.objects.create(name="Reports")
    sent = {"username": "robot", "is_active": "on", "groups": [group.pk], "is_staff": "on", "role": "Operator"}
    assert admin_client.post(url("user_change", machine.person.pk), sent).status_code == 302
    robot = User.objects.get(pk=machine.person.pk)
    assert (list(robot.groups.all()), robot.is_staff, robot.is_service) == ([group], False, True)


def test_other_staff_only_suspend_it(machine: Machine) -> None:
    operator = staff_with("change_user", "view_user")
    page = operator.get(url("user_change", machine.person.pk))
    assert set(page.context["adminform"].form.fields) - {"password"} == {"is_active"}
    assert operator.post(url("user_change", machine.person.pk), {"username": "other"}).status_code == 302
    robot = User.objects.get(pk=machine.person.pk)
    assert (robot.username, robot.is_active) == ("robot", False)


def test_no_password_can_be_given_to_it(admin_client: Browser, machine: Machine) -> None:
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    pk = machine.person.pk
    assert admin_client.post(admin_url("auth_user_password_change", pk), sent).status_code == 403
    assert confirmed(admin_client, url("user_act", pk, "reset_password")).status_code == 403


@pytest.mark.parametrize("model", ["user", "event", "authorization", "accesstoken", "serviceaccess", "consent"])
def test_lists_mark_it(admin_client: Browser, machine: Machine, model: str) -> None:
    machine.token()
    make_event(Event.Kind.MCP, user=machine.person, client=machine.row)
    assert BADGE in admin_client.get(url(f"{model}_changelist")).text


def test_list_of_people_is_filtered_by_kind(admin_client: Browser, machine: Machine) -> None:
    make_user("ada")
    page = admin_client.get(url("user_changelist"), {"is_service__exact": "1"})
    assert [each.username for each in page.context["cl"].result_list] == ["robot"]


def test_ordinary_person_has_no_mark() -> None:
    ada = make_user("ada")
    make_event(Event.Kind.MCP, user=ada)
    operator = browser_of(person_with("view_user", "view_event"))
    for model in ("user", "event"):
        page = operator.get(url(f"{model}_changelist")).text
        assert "ada" in page
        assert BADGE not in page

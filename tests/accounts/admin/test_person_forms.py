"""The role in admin, which superusers choose at the top of a person's page."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from tests.support.admin.pages import text_of, url
from tests.support.admin.staff import staff_with
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return make_user("ada")


def choose(browser, person: User, role: str | None, **fields: object) -> User:
    data = {"username": person.username, "is_active": "on", **fields}
    browser.post(url("user_change", person.pk), data | ({} if role is None else {"role": role}))
    return User.objects.get(pk=person.pk)


def groups_of(person: User) -> set[str]:
    return set(person.groups.values_list("name", flat=True))


@pytest.mark.parametrize("role", ["Auditor", "Helpdesk", "Operator"])
def test_role_gives_staff_status_and_its_group(admin_client, person, role):
    chosen = choose(admin_client, person, role)
    assert (chosen.is_staff, groups_of(chosen)) == (True, {role})
    assert chosen.is_superuser is False


def test_role_replaces_another_and_keeps_the_other_groups(admin_client, person):
    finance = Group.objects.create(name="Finance")
    choose(admin_client, person, "Operator", groups=[finance.pk])
    operator = Group.objects.get(name="Operator")
    chosen = choose(admin_client, person, "Auditor", groups=[finance.pk, operator.pk], is_staff="on")
    assert groups_of(chosen) == {"Auditor", "Finance"}


def test_without_a_role_a_person_is_no_staff_any_more(admin_client, person):
    chosen = choose(admin_client, person, "Auditor")
    chosen = choose(admin_client, chosen, "", is_staff="on", groups=[Group.objects.get(name="Auditor").pk])
    assert (chosen.is_staff, groups_of(chosen)) == (False, set())


def test_unchanged_role_leaves_the_fields_below_in_charge(admin_client, person):
    finance = Group.objects.create(name="Finance")
    chosen = choose(admin_client, person, "", is_staff="on", groups=[finance.pk])
    assert (chosen.is_staff, groups_of(chosen)) == (True, {"Finance"})
    assert "Other, as set below" in text_of(admin_client.get(url("user_change", chosen.pk)))
    chosen = choose(admin_client, chosen, "other", is_staff="on", groups=[finance.pk])
    assert (chosen.is_staff, groups_of(chosen)) == (True, {"Finance"})


def test_form_without_the_field_changes_no_role(admin_client, person):
    choose(admin_client, person, "Auditor")
    chosen = choose(admin_client, person, None, is_staff="on", groups=[Group.objects.get(name="Auditor").pk])
    assert (chosen.is_staff, groups_of(chosen)) == (True, {"Auditor"})


def test_superuser_stays_staff_without_a_role(admin_client, person):
    User.objects.filter(pk=person.pk).update(is_superuser=True, is_staff=True)
    chosen = choose(admin_client, person, "", is_superuser="on", is_staff="on")
    assert (chosen.is_superuser, chosen.is_staff) == (True, True)


def test_unknown_role_is_refused(admin_client, person):
    chosen = choose(admin_client, person, "Emperor")
    assert (chosen.is_staff, groups_of(chosen)) == (False, set())


def test_role_whose_group_was_deleted_is_not_offered(admin_client, person):
    Group.objects.filter(name="Helpdesk").delete()
    page = text_of(admin_client.get(url("user_change", person.pk)))
    assert ('value="Auditor"' in page, 'value="Helpdesk"' in page) == (True, False)


def test_staff_who_are_no_superusers_neither_see_nor_give_a_role(person):
    helpdesk = staff_with("view_user", "change_user")
    assert 'name="role"' not in text_of(helpdesk.get(url("user_change", person.pk)))
    chosen = choose(helpdesk, person, "Operator", first_name="Augusta")
    assert (chosen.first_name, chosen.is_staff, groups_of(chosen)) == ("Augusta", False, set())


def test_history_names_the_role(admin_client, person):
    choose(admin_client, person, "Auditor")
    assert "Changed Role in admin: Auditor" in text_of(admin_client.get(url("user_history", person.pk)))

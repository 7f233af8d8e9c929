"""Protection of people with rights of their own from staff with fewer (accounts/admin/rights.py)."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client as Browser

from accounts.models import User
from tests.support.admin.pages import admin_url
from tests.support.admin.staff import ADD_FORM, NEW, browser_of, staff_with
from tests.support.admin.state import state
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

EVERYTHING = {
    **{"username": "boss", "first_name": "Changed", "last_name": "Changed", "email": "mallory@example.com"},
    **{"is_active": "on", "is_staff": "on", "is_superuser": "on"},
}


@pytest.fixture(params=["superuser", "staff", "superuser who is not staff", "oneself"])
def protected(request: pytest.FixtureRequest, boss: User, helper: User) -> User:
    flags = {
        "superuser": (True, True),
        "staff": (True, False),
        "superuser who is not staff": (False, True),
    }
    if request.param == "oneself":
        return helper
    boss.is_staff, boss.is_superuser = flags[request.param]
    boss.save()
    return boss


def test_helpdesk_changes_nothing_of_a_person_with_rights(helper: User, protected: User) -> None:
    browser, before = browser_of(helper), state()
    number = protected.pk
    for address, data in (
        (admin_url("oauth_mcp_user_change", number), {**EVERYTHING, "username": protected.username}),
        (admin_url("oauth_mcp_user_change", number), {"username": protected.username}),
        (
            admin_url("auth_user_password_change", number),
            {"password1": NEW, "password2": NEW, "usable_password": "true"},
        ),
        (admin_url("oauth_mcp_user_delete", number), {"post": "yes"}),
        (admin_url("oauth_mcp_user_act", number, "reset_password"), {}),
        (
            admin_url("oauth_mcp_user_changelist"),
            {"action": "delete_selected", "_selected_action": [number], "post": "yes"},
        ),
        *(
            (admin_url("mfa_authenticator_delete", factor.pk), {"post": "yes"})
            for factor in Authenticator.objects.filter(user=protected)
        ),
        *(
            (admin_url("socialaccount_socialaccount_delete", account.pk), {"post": "yes"})
            for account in SocialAccount.objects.filter(user=protected)
        ),
    ):
        assert browser.post(address, data).status_code == 403, address
    for model in ("mfa_authenticator", "socialaccount_socialaccount"):
        data = {"action": "delete_selected", "_selected_action": [1, 2], "select_across": "1", "post": "yes"}
        browser.post(admin_url(f"{model}_changelist"), data)
    assert state() == before
    assert not mail.outbox


def test_helpdesk_gives_no_person_rights(helper: User) -> None:
    group = Group.objects.create(name="Owners")
    rights = {
        **EVERYTHING,
        **{"groups": [group.pk], "user_permissions": list(Permission.objects.values_list("pk", flat=True))},
    }
    ada = make_user("ada", email="ada@example.com")
    browser = browser_of(helper)
    browser.post(admin_url("oauth_mcp_user_change", ada.pk), rights)
    browser.post(admin_url("oauth_mcp_user_change", ada.pk) + "?_popup=1&_to_field=id", {**rights, "_popup": "1"})
    browser.post(admin_url("oauth_mcp_user_add"), {**rights, **ADD_FORM})
    for username in ("ada", "grace"):
        person = User.objects.get(username=username)
        assert (person.is_staff, person.is_superuser) == (False, False)
        assert not person.groups.exists()
        assert not person.user_permissions.exists()
    ada.refresh_from_db()
    # The username, which tools use, and the address for password links are unchanged.
    assert (ada.username, ada.email, ada.first_name) == ("ada", "ada@example.com", "Changed")


def test_helpdesk_gives_itself_no_rights(helper: User) -> None:
    browser = browser_of(helper)
    assert browser.post(admin_url("oauth_mcp_user_change", helper.pk), EVERYTHING).status_code == 403
    helper.refresh_from_db()
    assert not helper.is_superuser


def test_helpdesk_suspends_and_renames_an_ordinary_person(helper: User) -> None:
    ada = make_user("ada")
    browser_of(helper).post(admin_url("oauth_mcp_user_change", ada.pk), {"first_name": "Augusta"})
    ada.refresh_from_db()
    assert (ada.first_name, ada.is_active) == ("Augusta", False)


def test_helpdesk_sees_no_hash_of_a_password(helper: User, boss: User) -> None:
    for person in (boss, make_user("ada", password=PASSWORD)):
        page = browser_of(helper).get(admin_url("oauth_mcp_user_change", person.pk)).text
        assert "algorithm" not in page
        assert person.password not in page


def test_person_with_more_rights_is_not_deleted_by_staff_with_fewer() -> None:
    ada, rows = make_user("ada"), []
    ada.groups.add(Group.objects.create(name="Finance"))
    eve = make_user("eve")
    eve.user_permissions.add(Permission.objects.get(codename="change_client"))
    browser = staff_with("view_user", "delete_user")
    for person in (ada, eve):
        assert browser.post(admin_url("oauth_mcp_user_delete", person.pk), {"post": "yes"}).status_code == 403
        rows.append(person.pk)
    data = {"action": "delete_selected", "_selected_action": [*rows, make_user().pk], "post": "yes"}
    assert browser.post(admin_url("oauth_mcp_user_changelist"), data).status_code == 403
    assert User.objects.filter(pk__in=rows).count() == 2


@pytest.mark.parametrize("more", ["a permission", "a group"])
def test_second_factor_of_a_person_with_more_rights_is_not_removed_by_staff_with_fewer(more: str) -> None:
    eve = make_user("eve")
    if more == "a group":
        eve.groups.add(Group.objects.create(name="Finance"))
    else:
        eve.user_permissions.add(Permission.objects.get(codename="change_client"))
    factor = TOTP.activate(eve, generate_totp_secret()).instance
    social = SocialAccount.objects.create(user=eve, provider="sso", uid="42")
    helpdesk = staff_with(*("view_authenticator", "delete_authenticator", "view_socialaccount", "delete_socialaccount"))
    for view, row in (("mfa_authenticator", factor), ("socialaccount_socialaccount", social)):
        assert helpdesk.post(admin_url(f"{view}_delete", row.pk), {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        helpdesk.post(admin_url(f"{view}_changelist"), data)
    assert Authenticator.objects.filter(pk=factor.pk).exists()
    assert SocialAccount.objects.filter(pk=social.pk).exists()


def test_superuser_may_do_all_of_it(admin_client: Browser, boss: User) -> None:
    admin_client.post(admin_url("oauth_mcp_user_change", boss.pk), {**EVERYTHING, "is_superuser": ""})
    boss.refresh_from_db()
    assert (boss.first_name, boss.is_superuser, boss.email) == ("Changed", False, "mallory@example.com")
    data = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    admin_client.post(admin_url("auth_user_password_change", boss.pk), data)
    boss.refresh_from_db()
    assert boss.check_password(NEW)

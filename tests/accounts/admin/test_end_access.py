"""*End all access* of people: one page that names them and their apps, and offers each way."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Authorization, User
from tests.support.admin.pages import is_live, press, select, text_of, url
from tests.support.admin.staff import browser_of, person_with, staff_with
from tests.support.factories import make_authorization, make_client, make_tokens, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("ada")


@pytest.fixture
def connected(ada: User) -> Authorization:
    authorization = make_authorization(ada, make_client(name="Claude", redirect_uris="https://claude.ai/cb"))
    make_tokens(authorization)
    return authorization


def is_active(person: User) -> bool:
    return User.objects.get(pk=person.pk).is_active


def is_signed_in(browser: Browser) -> bool:
    return browser.get(reverse("oauth_mcp:connected_apps")).status_code == 200


def what_is_offered(browser: Browser, *people: User) -> list[str]:
    data = {"action": "end_access", "_selected_action": [person.pk for person in people]}
    ending = browser.post(url("user_changelist"), data).context["ending"]
    return [choice.what for choice in ending.choices]


def test_page_names_the_person_and_their_apps_and_changes_nothing(admin_client, ada, connected):
    page = text_of(admin_client.post(url("user_act", ada.pk, "end_access")))
    assert "End all access of ada?" in page
    assert "1 app, 2 tokens" in page
    assert "Claude at claude.ai" in page
    assert is_active(ada)
    assert is_live(connected)


def test_suspension_ends_everything_and_reactivation_restores_the_account_alone(admin_client, ada, connected):
    browser = browser_of(ada)
    page = press(admin_client, ada, "end_access", what="suspend")
    assert "Suspended, signed out and access revoked: ada (1 app, 2 tokens)." in page
    assert not is_active(ada)
    assert not is_live(connected)
    assert "Reactivated: ada." in press(admin_client, ada, "reactivate")
    assert is_active(ada)
    assert not is_live(connected)
    assert not is_signed_in(browser)


def test_signing_out_everywhere_keeps_the_account(admin_client, ada, connected):
    browser = browser_of(ada)
    assert "Signed out and access revoked: ada" in press(admin_client, ada, "end_access", what="sign_out")
    assert is_active(ada)
    assert not is_live(connected)
    assert not is_signed_in(browser)
    assert is_signed_in(browser_of(User.objects.get(pk=ada.pk)))


def test_revocation_alone_keeps_the_browsers_signed_in(admin_client, ada, connected):
    browser = browser_of(ada)
    press(admin_client, ada, "end_access", what="revoke")
    assert not is_live(connected)
    assert is_signed_in(browser)


def test_selected_people_are_all_named(admin_client, ada, connected):
    bob = make_user("bob")
    page = select(admin_client, "user", [ada, bob], "end_access", what="suspend")
    assert "ada (1 app, 2 tokens), bob (0 apps, 0 tokens)" in page
    assert not is_active(ada)
    assert not is_active(bob)


def test_operators_are_not_offered_to_suspend_themselves_or_staff(admin_client, admin_user, ada):
    everything = ["suspend", "sign_out", "revoke"]
    assert what_is_offered(admin_client, ada) == everything
    assert what_is_offered(admin_client, ada, admin_user) == ["revoke"]
    colleague = make_user("colleague", is_staff=True)
    assert what_is_offered(admin_client, colleague) == everything
    helpdesk = staff_with("view_user", "change_user", "change_authorization")
    assert what_is_offered(helpdesk, ada) == everything
    assert what_is_offered(helpdesk, ada, colleague) == ["revoke"]
    assert what_is_offered(staff_with("view_user", "change_authorization"), ada) == ["revoke"]


def test_staff_cannot_reactivate_staff(ada):
    colleague = make_user("colleague", is_staff=True, is_active=False)
    helpdesk = browser_of(person_with("view_user", "change_user"))
    assert "Nobody reactivated" in select(helpdesk, "user", [colleague], "reactivate")
    assert not is_active(colleague)

"""Links for a new password that staff send from a person's page in admin."""

import re
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client as Browser

from accounts.models import Event, User
from tests.support.admin.pages import admin_url, confirmed
from tests.support.admin.staff import NEW, browser_of, staff_with
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def link_in(text: str) -> str:
    found = re.search(r"http://[^/\s]+(/accounts/password/reset/key/[^\s<]+)", unescape(text))
    assert found, text
    return found[1]


def choose_password(link: str) -> None:
    browser = Browser()
    page = browser.get(link, follow=True)
    browser.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})


def test_link_goes_to_a_verified_address_and_is_not_shown(helper: User) -> None:
    ada = make_user("ada", email="ada@example.com")
    page = confirmed(browser_of(helper), admin_url("oauth_mcp_user_act", ada.pk, "reset_password"))
    assert "was sent to ada@example.com" in page.text
    assert "/password/reset/key/" not in page.text
    choose_password(link_in(str(mail.outbox[0].body)))
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert Event.objects.filter(kind="admin", detail="ada: Sent a link for a new password.").exists()


@pytest.mark.parametrize("mails", [False, True])
def test_link_is_shown_once_where_it_cannot_be_sent(helper: User, settings: Any, mails: bool) -> None:
    settings.MAIL = mails
    ada = make_user("ada", email="" if mails else "ada@example.com")
    EmailAddress.objects.create(user=ada, email="claimed@example.com")
    browser = browser_of(helper)
    page = confirmed(browser, admin_url("oauth_mcp_user_act", ada.pk, "reset_password"))
    link = link_in(page.text)
    assert link not in browser.get(admin_url("oauth_mcp_user_change", ada.pk)).text
    assert not mail.outbox
    choose_password(link)
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert "no longer works" in Browser().get(link, follow=True).text


def test_link_that_would_give_the_helpdesk_more_rights_is_not_shown() -> None:
    ada = make_user("ada")
    ada.groups.add(Group.objects.create(name="Finance"))
    browser = staff_with("view_user", "change_user")
    page = confirmed(browser, admin_url("oauth_mcp_user_act", ada.pk, "reset_password"))
    assert "permissions that you lack" in page.text
    assert "/password/reset/key/" not in page.text


@pytest.mark.parametrize("gained", ["is_staff", "is_superuser", "group"])
def test_link_ends_when_the_person_gains_rights(helper: User, gained: str) -> None:
    ada = make_user("ada")
    link = link_in(confirmed(browser_of(helper), admin_url("oauth_mcp_user_act", ada.pk, "reset_password")).text)
    if gained == "group":
        ada.groups.add(Group.objects.create(name="Finance"))
    else:
        setattr(ada, gained, True)
        ada.save()
    choose_password(link)
    ada.refresh_from_db()
    assert not ada.has_usable_password()


def test_a_suspended_person_gets_no_link(helper: User) -> None:
    ada = make_user("ada", is_active=False)
    assert browser_of(helper).post(admin_url("oauth_mcp_user_act", ada.pk, "reset_password")).status_code == 403

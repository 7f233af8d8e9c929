"""`User.email` is always a verified address, for each way of setting it."""

import importlib
import json
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from accounts.people import urls
from tests.accounts.email.address_page import PAGE, claim, email_of, rows_of, signed_in
from tests.mcp_api.conftest import make_caller, result_of
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

VICTIM = "victim@example.com"


@pytest.fixture
def mallory() -> User:
    return make_user("mallory", password=PASSWORD)


# --- What people do for themselves ---------------------------------------------------------------


def test_added_address_is_not_verified(mallory: User) -> None:
    signed_in(mallory).post(PAGE, {"email": VICTIM, "action_add": ""})
    assert email_of(mallory) == ""
    assert rows_of(mallory) == {VICTIM: (False, False)}


def test_address_that_is_not_verified_does_not_become_primary(mallory: User) -> None:
    claim(mallory, VICTIM)
    page = signed_in(mallory).post(PAGE, {"email": VICTIM, "action_primary": ""}, follow=True)
    assert "must be verified" in page.text
    assert email_of(mallory) == ""
    assert rows_of(mallory) == {VICTIM: (False, False)}


def test_not_even_where_the_page_is_got_round(mallory: User) -> None:
    claim(mallory, VICTIM).set_as_primary()
    mallory.refresh_from_db()
    mallory.email = VICTIM
    mallory.save()
    mallory.email = VICTIM
    mallory.save(update_fields=["email"])
    EmailAddress.objects.create(user=mallory, email="other@example.com", primary=True)
    assert email_of(mallory) == ""
    assert not any(primary for _, primary in rows_of(mallory).values())


def test_claim_does_not_replace_the_address_that_is_verified() -> None:
    person = make_user("ada", email="ada@example.com")
    claim(person, VICTIM).set_as_primary()
    assert email_of(person) == "ada@example.com"
    assert rows_of(person) == {"ada@example.com": (True, True), VICTIM: (False, False)}


def test_address_whose_link_was_followed_is_theirs(mallory: User) -> None:
    browser = signed_in(mallory)
    browser.post(PAGE, {"email": "mallory@example.com", "action_add": ""})
    found = re.search(r"http://[^/\s]+(/accounts/confirm-email/\S+)", str(mail.outbox[-1].body))
    assert found
    browser.post(found[1])
    assert email_of(mallory) == "mallory@example.com"
    assert rows_of(mallory) == {"mallory@example.com": (True, True)}


def test_claim_does_not_follow_a_verified_address_that_is_removed(mallory: User) -> None:
    mallory.email = "mallory@example.com"
    mallory.save()
    claim(mallory, VICTIM)
    EmailAddress.objects.get(email="mallory@example.com").remove()
    assert email_of(mallory) == ""


def test_another_verified_address_follows_one_that_is_removed_or_no_more_verified() -> None:
    ada = make_user("ada", email="ada@example.com")
    EmailAddress.objects.create(user=ada, email="home@example.com", verified=True)
    EmailAddress.objects.get(email="ada@example.com").delete()
    assert email_of(ada) == "home@example.com"
    row = EmailAddress.objects.get(email="home@example.com")
    row.verified = False
    row.save()
    assert email_of(ada) == ""


def test_an_address_of_another_person_cannot_be_verified(mallory: User) -> None:
    make_user("victim", email=VICTIM)
    assert not claim(mallory, VICTIM).set_verified()
    assert email_of(mallory) == ""


def test_without_mail_no_address_can_be_entered(settings: Any) -> None:
    settings.MAIL = False
    try:
        names = {pattern.name for pattern in importlib.reload(urls).urlpatterns if hasattr(pattern, "name")}
    finally:
        settings.MAIL = True
        importlib.reload(urls)
    assert "account_reset_password_from_key" in names
    assert not names & {"account_email", "account_confirm_email", "account_reset_password"}


# --- What the operator writes --------------------------------------------------------------------


def test_address_that_code_or_a_command_writes_is_verified() -> None:
    ada = make_user("ada", email="Ada@Example.com")
    call_command("createsuperuser", "--noinput", username="boss", email="boss@example.com")
    eve = User(username="eve", email="eve@example.com")
    eve.save()
    for person in (ada, User.objects.get(username="boss"), eve):
        assert rows_of(person) == {email_of(person): (True, True)}
    assert email_of(ada) == "ada@example.com"


def test_address_that_was_written_in_bulk_stays_when_its_owner_looks_at_the_page() -> None:
    ada = make_user("ada", password=PASSWORD)
    User.objects.filter(pk=ada.pk).update(email="ada@example.com")
    signed_in(ada).get(PAGE)
    assert email_of(ada) == "ada@example.com"
    assert rows_of(ada) == {"ada@example.com": (True, True)}


def test_people_who_were_loaded_get_links_for_a_new_password(tmp_path: Any) -> None:
    fields = {"username": "ada", "email": "Ada@example.com", "password": "!"}
    fixture = tmp_path / "people.json"
    fixture.write_text(json.dumps([{"model": "oauth_mcp.user", "pk": 4711, "fields": fields}]))
    call_command("loaddata", str(fixture), verbosity=0)
    Browser().post(reverse("account_reset_password"), {"email": "ada@example.com"})
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    assert rows_of(User.objects.get()) == {"ada@example.com": (True, True)}


def form_of(person: User, **changed: object) -> dict[str, object]:
    return {"username": person.username, "is_active": "on", **changed}


def test_address_that_a_superuser_writes_in_admin_replaces_the_former_one(admin_client: Browser) -> None:
    ada = make_user("ada", email="old@example.com")
    claim(ada, "new@example.com")
    page = reverse("admin:oauth_mcp_user_change", args=[ada.pk])
    admin_client.post(page, form_of(ada, email="New@example.com"))
    assert email_of(ada) == "new@example.com"
    # No link for a new password goes to the one that it replaced.
    assert rows_of(ada) == {"new@example.com": (True, True)}
    admin_client.post(page, form_of(ada, email=""))
    assert email_of(ada) == ""
    assert rows_of(ada) == {}


def test_two_people_never_have_one_verified_address(admin_client: Browser) -> None:
    make_user("ada", email="ada@example.com")
    eve = make_user("eve")
    with pytest.raises(ValidationError):
        make_user("bob", email="ADA@example.com")
    page = admin_client.post(
        reverse("admin:oauth_mcp_user_change", args=[eve.pk]), form_of(eve, email="ADA@example.com")
    )
    assert "Another person has this verified address" in page.text
    assert email_of(eve) == ""


# --- Who relies on it ----------------------------------------------------------------------------


def test_tools_get_no_address_that_is_not_verified() -> None:
    caller = make_caller()
    ada = User.objects.get(username="ada")
    claim(ada, VICTIM).set_as_primary()
    told = result_of(caller.modern("tools/call", {"name": "get_user_info", "arguments": {}}))
    assert told["structuredContent"]["email"] == "ada@example.com"
    EmailAddress.objects.filter(email="ada@example.com").delete()
    EmailAddress.objects.get(email=VICTIM).set_as_primary()
    User.objects.filter(pk=ada.pk).first()
    told = result_of(caller.modern("tools/call", {"name": "get_user_info", "arguments": {}}))
    assert told["structuredContent"]["email"] == ""


def test_link_for_a_new_password_is_sent_to_verified_addresses_alone(mallory: User) -> None:
    claim(mallory, VICTIM)
    Browser().post(reverse("account_reset_password"), {"email": VICTIM})
    assert not mail.outbox
    ada = make_user("ada", email="ada@example.com")
    claim(mallory, "ada@example.com")
    Browser().post(reverse("account_reset_password"), {"email": "ADA@example.com"})
    [message] = mail.outbox
    assert message.to == [ada.email]
    assert "ada" in str(message.body)
    assert "mallory" not in str(message.body)


# --- The upgrade ---------------------------------------------------------------------------------


def upgrade() -> None:
    executor = MigrationExecutor(connection)
    apps = executor.loader.project_state(("oauth_mcp", "0012_verified_email")).apps
    module = importlib.import_module("accounts.migrations.0012_verified_email")
    module.keep_verified_addresses_alone(apps, None)


def before_the_upgrade(username: str, email: str, **row: bool) -> User:
    """A person from an earlier version: with a row of allauth's, or without one."""
    person = make_user(username)
    if row:
        EmailAddress.objects.bulk_create([EmailAddress(user=person, email=email.lower(), **row)])
    User.objects.filter(pk=person.pk).update(email=email)
    return person


def test_upgrade_keeps_what_the_operator_wrote_and_drops_what_people_claimed() -> None:
    written = before_the_upgrade("written", "Written@example.com")
    copied = before_the_upgrade("copied", "copied@example.com", verified=False, primary=False)
    proven = before_the_upgrade("proven", "proven@example.com", verified=True, primary=True)
    claimed = before_the_upgrade("claimed", VICTIM, verified=False, primary=True)
    taken = before_the_upgrade("taken", "proven@example.com")
    upgrade()
    assert [email_of(person) for person in (written, copied, proven)] == [
        "written@example.com",
        "copied@example.com",
        "proven@example.com",
    ]
    assert {rows_of(person)[email_of(person)] for person in (written, copied, proven)} == {(True, True)}
    assert [email_of(person) for person in (claimed, taken)] == ["", ""]
    # They are still there to be verified.
    assert rows_of(claimed) == {VICTIM: (False, False)}
    assert rows_of(taken) == {"proven@example.com": (False, False)}

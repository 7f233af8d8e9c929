"""Rows that strangers and people make the server store: limited in size and number (SECURITY.md)."""

import time
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Allowance, CacheEntry, ClientAssertion, Event
from accounts.people.passkeys.forms import MOST_PASSKEYS, AddForm
from accounts.rate_limits import in_database
from tests.mcp_api.conftest import make_caller
from tests.support.factories import make_client, make_user
from tests.support.flows import basic, post_token

pytestmark = pytest.mark.django_db


def test_clients_that_are_not_known_share_one_allowance() -> None:
    for number in range(20):
        post_token({"client_id": f"invented-{number}", "grant_type": "refresh_token"})
        post_token({"grant_type": "refresh_token"}, authorization=basic(f"by-basic-{number}", "x"))
    post_token({"client_id": "\x00", "grant_type": "refresh_token"})
    assert Allowance.objects.filter(name__startswith="tokens_client").count() == 1


def test_names_that_people_try_have_so_many_allowances_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        Browser().post(reverse("account_login"), {"login": f"name-{number}", "password": "wrong"})
    names = Allowance.objects.filter(name__startswith="sign_ins_elsewhere").values_list("name", flat=True)
    assert names
    for name in names:
        assert 0 <= int(name.split()[1], 16) < 2**16


@pytest.mark.django_db(transaction=True)
def test_allowances_that_are_whole_again_are_deleted_while_others_are_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns() // 1000
    old = [Allowance(name=f"tokens_client {number}", spent_until=now - 1) for number in range(1000)]
    Allowance.objects.bulk_create([*old, Allowance(name="spent", spent_until=now + 60_000_000)])
    monkeypatch.setattr(in_database, "_deleted_at", time.monotonic() - in_database.DELETION_SECONDS)
    post_token({"client_id": "whoever"})
    left = set(Allowance.objects.values_list("name", flat=True))
    assert "spent" in left
    assert len(left) < 10


def test_refusals_of_one_person_fill_no_audit_log(settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "refusals_person": "3/hour"}
    caller = make_caller()
    for _ in range(8):
        caller.modern("tools/call", {"name": "unknown", "arguments": {}})
    told = list(Event.objects.filter(outcome="refused", username="ada").order_by("pk"))
    assert len(told) == 4
    assert "too many to be written one by one" in told[-1].detail


def test_every_text_of_an_event_is_cut_to_its_column() -> None:
    Browser(headers={"User-Agent": "a" * 5000}).post(
        "/oauth/token", {"client_id": "c" * 5000, "grant_type": "g" * 5000}
    )
    event = Event.objects.get(kind="token")
    size = sum(len(str(getattr(event, field.attname))) for field in Event._meta.concrete_fields)
    assert size < 2000


def test_a_person_has_so_many_passkeys_and_addresses(settings: Settings) -> None:
    person = make_user()
    for number in range(MOST_PASSKEYS):
        Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": str(number)})
    form = AddForm(user=person, data={"name": "one more", "credential": "{}"})
    assert f"already have {MOST_PASSKEYS} passkeys" in str(form.errors)
    large = AddForm(user=make_user(), data={"name": "large", "credential": f'{{"a": "{"x" * 20_000}"}}'})
    assert "longer than" in str(large.errors["credential"])
    assert EmailAddress.objects.can_add_email(person)
    for number in range(settings.ACCOUNT_MAX_EMAIL_ADDRESSES):
        EmailAddress.objects.create(user=person, email=f"{number}@example.com")
    assert not EmailAddress.objects.can_add_email(person)


def test_the_cache_has_so_many_rows_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = caches["default"]
    assert cache._max_entries == 20_000
    monkeypatch.setattr(cache, "_max_entries", 50)
    for number in range(120):
        cache.set(f"key-{number}", number)
    assert CacheEntry.objects.count() <= 51


def test_assertions_that_expired_are_deleted() -> None:
    client, now = make_client(), timezone.now()
    for jti, expires in (("old", now - timedelta(seconds=1)), ("new", now + timedelta(hours=1))):
        ClientAssertion.objects.create(client=client, jti=jti, expires_at=expires)
    call_command("prune", stdout=StringIO())
    assert ClientAssertion.objects.get().jti == "new"

"""Tokens issued for an issuer's assertions end with its terms, on the next request."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Authorization, Client, Event, IssuerSubject, TrustedIssuer, User, WorkloadRule
from tests.support.factories import make_client, make_user
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import GITHUB, Signer, list_subject, present, trust

pytestmark = pytest.mark.django_db


def call(token: str) -> int:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    return Browser().post("/mcp", body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def token(acme: Signer, app: App, issuer: TrustedIssuer) -> str:
    token = str(present(app, acme.id_jag(app)).json()["access_token"])
    assert call(token) == 200
    return token


def switch_off(row: TrustedIssuer) -> None:
    row.is_active = False
    row.save(update_fields=["is_active"])


ENDINGS: dict[str, tuple[Callable[[TrustedIssuer], Any], str]] = {
    "switched off": (switch_off, "issuer_ended"),
    "switched off in bulk": (lambda row: TrustedIssuer.objects.update(is_active=False), "issuer_ended"),
    "deleted": (lambda row: row.delete(), "issuer_ended"),
    "deleted in bulk": (lambda row: TrustedIssuer.objects.all().delete(), "issuer_ended"),
    "narrowed": (lambda row: TrustedIssuer.objects.filter(pk=row.pk).update(scope="read"), "issuer_changed"),
    "narrowed by bulk_update": (
        lambda row: TrustedIssuer.objects.bulk_update([TrustedIssuer(pk=row.pk, scope="read")], ["scope"]),
        "issuer_changed",
    ),
    "without the client": (lambda row: row.clients.remove(Client.objects.get()), "issuer_changed"),
    "with other clients": (lambda row: row.clients.set([make_client()]), "issuer_changed"),
    "without clients": (lambda row: row.clients.clear(), "issuer_changed"),
    "left by the client": (lambda row: Client.objects.get().trusted_issuers.clear(), "issuer_changed"),
    "removed from the client": (lambda row: Client.objects.get().trusted_issuers.remove(row.pk), "issuer_changed"),
    "without the subject": (lambda row: row.subjects.get().delete(), "issuer_changed"),
    "without subjects": (lambda row: IssuerSubject.objects.all().delete(), "issuer_changed"),
    "with another person": (lambda row: row.subjects.update(user=make_user()), "issuer_changed"),
}


@pytest.mark.parametrize(("end", "reason"), ENDINGS.values(), ids=ENDINGS.keys())
def test_token_ends_with_what_it_was_issued_on(
    token: str, issuer: TrustedIssuer, end: Callable[[TrustedIssuer], Any], reason: str
) -> None:
    end(issuer)
    assert call(token) == 401
    assert Authorization.objects.get().revoked_at is not None
    assert Event.objects.get(kind=Event.Kind.REVOCATION).reason == reason


@pytest.mark.parametrize(
    "suspend",
    [
        lambda: Client.objects.update(suspended_at=timezone.now()),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.all().delete(),
    ],
)
def test_token_ends_with_its_client_and_its_person(token: str, suspend: Callable[[], Any]) -> None:
    suspend()
    assert call(token) == 401


def test_what_gives_more_ends_nothing(token: str, issuer: TrustedIssuer) -> None:
    issuer.clients.add(make_client())
    list_subject(issuer, make_user(), "another")
    issuer.name = "Acme Inc."
    issuer.save()
    TrustedIssuer.objects.update(most_people=5)
    assert call(token) == 200


def test_other_issuers_and_consents_go_on(token: str, app: App, person: User, issuer: TrustedIssuer) -> None:
    other = Signer("https://idp.other.example")
    list_subject(trust(other, app, name="Other"), person)
    kept = present(app, other.id_jag(app)).json()["access_token"]
    TrustedIssuer.objects.filter(pk=issuer.pk).update(is_active=False)
    assert (call(token), call(kept)) == (401, 200)


def test_rules_of_workloads_end_what_they_granted(app: App, db: None) -> None:
    robot = make_user("ci", is_service=True)
    github = Signer(GITHUB)
    row = trust(github, app, use="workload", name="GitHub")
    rule = WorkloadRule.objects.create(issuer=row, claims={"repository": "acme/app"}, user=robot)
    endings: list[Callable[[], Any]] = [
        lambda: WorkloadRule.objects.update(scope="write"),
        lambda: WorkloadRule.objects.get().save(),
        lambda: WorkloadRule.objects.get().delete(),
    ]
    for end in endings:
        token = present(app, github.workload(repository="acme/app")).json()["access_token"]
        assert call(token) == 200
        end()
        assert call(token) == 401
    assert not WorkloadRule.objects.filter(pk=rule.pk).exists()


def test_person_who_disconnects_the_app_ends_it(token: str, person: User) -> None:
    browser = Browser()
    browser.force_login(person)
    browser.post("/apps/", {"client": "all"})
    assert call(token) == 401

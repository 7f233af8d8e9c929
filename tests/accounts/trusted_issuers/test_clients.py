"""Which clients may present the assertions of an issuer: those that the operator chose, and no others."""

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, Event, TrustedIssuer
from tests.support.flows import App, register
from tests.support.oauth.trusted_issuers import JWT_BEARER, Signer, is_refused, present

pytestmark = pytest.mark.django_db


def test_client_registers_for_the_grant_and_gains_nothing_by_it(acme: Signer, issuer: TrustedIssuer) -> None:
    app = App.register(grant_types=["authorization_code", "refresh_token", JWT_BEARER])
    assert app.row.has_grant_type(JWT_BEARER)
    assert is_refused(present(app, acme.id_jag(app)), "unauthorized_client")


def test_registration_keeps_the_grant_type(db: None) -> None:
    answer = register(grant_types=["authorization_code", JWT_BEARER]).json()
    assert answer["grant_types"] == ["authorization_code", JWT_BEARER]


def test_client_that_the_operator_did_not_choose_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    issuer.clients.clear()
    assert is_refused(present(app, acme.id_jag(app)), "unauthorized_client")


def test_client_of_another_issuer_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    other = TrustedIssuer.objects.create(name="Other", issuer="https://other.example", jwks=acme.jwks)
    other.clients.add(app.row)
    issuer.clients.clear()
    assert is_refused(present(app, acme.id_jag(app)))
    assert Event.objects.get(outcome="refused").reason == "issuer_client"


def test_client_must_authenticate(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    answer = present(app, acme.id_jag(app), client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_public_client_is_refused_an_id_jag(acme: Signer, issuer: TrustedIssuer) -> None:
    public = App.by_hand(token_endpoint_auth_method="none")
    issuer.clients.add(public.row)
    answer = present(App(public.client_id), acme.id_jag(public))
    assert is_refused(answer, "unauthorized_client")


def test_suspended_client_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    Client.objects.update(suspended_at=timezone.now())
    assert is_refused(present(app, acme.id_jag(app)), "unauthorized_client")


def test_client_that_waits_for_approval_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    Client.objects.update(approved_at=None)
    answer = present(app, acme.id_jag(app))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_issuer_that_is_switched_off_is_refused(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    TrustedIssuer.objects.update(is_active=False)
    assert is_refused(present(app, acme.id_jag(app)), "unauthorized_client")


def test_metadata_names_the_profile_of_id_jags_while_an_issuer_is_trusted(issuer: TrustedIssuer) -> None:
    def profiles() -> list[str]:
        metadata = Browser().get("/.well-known/oauth-authorization-server").json()
        assert JWT_BEARER in metadata["grant_types_supported"]
        return metadata.get("authorization_grant_profiles_supported", [])

    assert profiles() == ["urn:ietf:params:oauth:grant-profile:id-jag"]
    TrustedIssuer.objects.update(is_active=False)
    assert profiles() == []

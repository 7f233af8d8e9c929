"""Changes of a client or a consent while a request is being handled."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.clients import registration, vouching
from accounts.grants import codes
from accounts.models import Authorization, Client, Consent
from accounts.oauth.authorize import AuthorizationView
from accounts.revocation.authorizations import revoke
from tests.support.flows import App, answer, approve, ask, register
from tests.support.oauth.consent_pages import ATTACKER, WEB, approve_in_admin, is_asked, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def before_it_writes(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Run a function after a registration's update was authorized and before it is written."""

    def arrange(happens: Callable[[], object]) -> None:
        read = registration.read_metadata

        def later(*args: Any, **kwargs: Any) -> Any:
            metadata = read(*args, **kwargs)
            happens()
            return metadata

        monkeypatch.setattr(registration, "read_metadata", later)

    return arrange


def test_a_concurrent_update_does_not_restore_an_approval_that_the_operator_withdrew(
    before_it_writes: Callable[[Callable[[], object]], None],
) -> None:
    registered = register(redirect_uris=[WEB]).json()
    approve_in_admin(Client.objects.get())
    before_it_writes(lambda: Client.objects.update(vouched_fingerprint=""))
    assert put(registered, redirect_uris=[WEB]).status_code == 200
    assert not vouching.is_vouched(Client.objects.get())


@pytest.mark.parametrize("end", ["suspend", "delete"])
def test_a_registration_that_ends_during_the_request_stays_ended(
    before_it_writes: Callable[[Callable[[], object]], None], end: str
) -> None:
    registered = register(redirect_uris=[WEB]).json()
    clients = Client.objects.all()
    before_it_writes(clients.delete if end == "delete" else lambda: clients.update(suspended_at=timezone.now()))
    assert put(registered, redirect_uris=[ATTACKER]).status_code == 401
    assert not clients.filter(suspended_at=None).exists()
    assert not clients.filter(redirect_uris=ATTACKER).exists()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Run a function between the endpoint's validation and its first write."""

    def arrange(happens: Callable[[], object]) -> None:
        write = AuthorizationView.create_authorization_response

        def later(*args: Any, **kwargs: Any) -> Any:
            happens()
            return write(*args, **kwargs)

        monkeypatch.setattr(AuthorizationView, "create_authorization_response", later)

    return arrange


def test_a_consent_that_ends_during_the_request_grants_nothing(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    approve(browser, web_app)
    meanwhile(lambda: revoke(Authorization.objects.all(), reason="person"))
    assert is_asked(ask(browser, web_app))
    assert not Authorization.objects.live().exists()


def test_a_client_that_changes_during_the_request_is_approved_as_it_was_shown(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    shown = web_app.row.fingerprint
    page = ask(browser, web_app)
    meanwhile(lambda: Client.objects.update(name="Another name"))
    answer(browser, page)
    assert Authorization.objects.get().client_fingerprint == Consent.objects.get().client_fingerprint == shown


def test_an_address_that_is_removed_during_the_request_is_not_redirected_to(
    browser: Browser, web_app: App, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    page = ask(browser, web_app)
    meanwhile(lambda: Client.objects.update(redirect_uris="https://app.example.com/other"))
    response = answer(browser, page)
    assert (response.status_code, "Invalid redirect_uri" in response.text) == (400, True)


def test_the_error_for_an_ended_consent_is_access_denied() -> None:
    assert codes.ConsentEnded().error == "access_denied"

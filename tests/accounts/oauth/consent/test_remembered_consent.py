"""Remembered consent: for which redirect URI, for which scopes and for how long it counts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AccessToken, Authorization, Client, Grant, RefreshToken
from tests.support.flows import REDIRECT_URI, App, answer, approve, ask, returned, sign_in
from tests.support.oauth.consent_pages import ATTACKER, WEB, is_answered, is_asked
from tests.support.oauth.metadata_documents import CLAUDE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("prompt", ["consent", "select_account", "CONSENT", "Select_Account", "consent select_account"])
def test_a_client_that_wants_a_page_gets_one(browser: Browser, web_app: App, prompt: str) -> None:
    approve(browser, web_app)
    assert is_asked(ask(browser, web_app, prompt=prompt))
    assert is_answered(ask(browser, web_app))


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_consent_given_for_one_address_is_not_honoured_at_another(browser: Browser, method: str) -> None:
    claude = CLAUDE["redirect_uris"][0]
    app = App.register(client_name="Claude", redirect_uris=[claude, ATTACKER], token_endpoint_auth_method=method)
    approve(browser, app)
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert is_asked(ask(browser, app, redirect_uri=ATTACKER))
    assert Grant.objects.count() == 1


def test_consent_to_a_vouched_client_is_not_honoured_at_another_of_its_addresses(browser: Browser) -> None:
    other = "https://app.example.com/other"
    app = App.by_hand(redirect_uris=f"{WEB} {other} {WEB}?a=b")
    approve(browser, app)
    assert is_asked(ask(browser, app, redirect_uri=other))
    assert is_asked(ask(browser, app, redirect_uri=f"{WEB}?a=b"))
    assert is_answered(ask(browser, app))


def test_consent_to_the_default_address_is_remembered_for_it_alone(browser: Browser) -> None:
    app = App.by_hand(redirect_uris=WEB)
    approve(browser, app, redirect_uri=None)
    assert Authorization.objects.get().redirect_uri == WEB
    assert is_answered(ask(browser, app))
    Client.objects.update(redirect_uris=ATTACKER)
    assert is_asked(ask(browser, app, redirect_uri=None))


def test_an_authorization_from_a_remembered_consent_has_the_same_address(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    returned(ask(browser, web_app))
    first, second = Authorization.objects.order_by("pk")
    assert (first.redirect_uri, first.client_fingerprint) == (second.redirect_uri, second.client_fingerprint)
    assert second.redirect_uri == WEB


@pytest.mark.parametrize(
    "redirect_uri",
    [
        REDIRECT_URI,
        "http://127.0.0.1:8080/callback",
        "http://[::1]:8080/callback",
        "https://localhost/callback",
        "https://localhost:8443/callback",
        "https://app.localhost/callback",
        "https://127.0.0.1/callback",
        "https://127.0.0.2/callback",
        "https://[::1]/callback",
        "https://[::ffff:7f00:1]/callback",
        "https://0.0.0.0/callback",
        "com.example.app:/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ],
)
def test_no_consent_to_an_address_on_the_persons_own_device_is_remembered(browser: Browser, redirect_uri: str) -> None:
    """Any program on the device can use the address, also that of a vouched client."""
    app = App.by_hand(redirect_uris=redirect_uri)
    approve(browser, app)
    assert is_asked(ask(browser, app))


def test_consent_that_was_stored_without_its_address_is_asked_once_more(browser: Browser, web_app: App) -> None:
    tokens = web_app.connect(browser)
    Authorization.objects.update(redirect_uri="", client_fingerprint="")
    assert is_asked(ask(browser, web_app))
    assert web_app.refresh(tokens["refresh_token"]).status_code == 200
    approve(browser, web_app)
    assert is_answered(ask(browser, web_app))


def test_a_remembered_consent_is_asked_again_when_the_client_wants_that(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(browser, web_app, prompt="consent"))


def test_a_consent_is_found_among_many_without_reading_them_all(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    [first] = Authorization.objects.all()
    common = {"consent": first.consent, "client_fingerprint": first.client_fingerprint}
    Authorization.objects.bulk_create(
        Authorization(scope="write", redirect_uri=first.redirect_uri, **common) for _ in range(50)
    )
    with CaptureQueriesContext(connection) as queries:
        assert is_answered(ask(browser, web_app, scope=first.scope))
    assert any("LIMIT 20" in query["sql"] for query in queries)


def test_a_head_request_grants_nothing(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert browser.head(web_app.authorization_url()).status_code == 200
    assert Grant.objects.count() == 1


def test_a_person_who_signs_in_does_not_use_the_consent_of_the_person_before(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(sign_in(), web_app))
    assert ask(Browser(), web_app)["Location"].startswith("/accounts/login/")
    assert Grant.objects.count() == 1


def test_a_remembered_consent_does_not_cover_more_scopes(browser: Browser, web_app: App) -> None:
    approve(browser, web_app, scope="read")
    assert is_asked(ask(browser, web_app, scope="read write"))


def test_an_authorization_from_a_remembered_consent_ends_with_the_approved_one(browser: Browser, web_app: App) -> None:
    web_app.exchange(returned(answer(browser, ask(browser, web_app), lifetime="month"))["code"])
    first = Authorization.objects.get()
    returned(ask(browser, web_app))
    assert Authorization.objects.latest("pk").expires_at == first.expires_at
    # A longer consent, without an end, then applies.
    answer(browser, ask(browser, web_app, prompt="consent"), lifetime="open")
    returned(ask(browser, web_app))
    assert Authorization.objects.latest("pk").expires_at is None


def test_a_longer_consent_to_another_address_does_not_extend_a_consent(browser: Browser) -> None:
    other = "https://app.example.com/other"
    app = App.by_hand(redirect_uris=f"{WEB} {other}")
    answer(browser, ask(browser, app, redirect_uri=other), lifetime="open")
    answer(browser, ask(browser, app), lifetime="hours")
    hours = Authorization.objects.latest("pk").expires_at
    returned(ask(browser, app))
    assert Authorization.objects.latest("pk").expires_at == hours is not None


def test_a_remembered_consent_does_not_count_for_another_person(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    assert is_asked(ask(sign_in(), web_app))
    assert is_asked(ask(browser, App.by_hand(redirect_uris=WEB)))


def test_a_consent_is_forgotten_once_its_authorization_was_revoked(browser: Browser, web_app: App) -> None:
    web_app.revoke(web_app.connect(browser)["access_token"])
    assert is_asked(ask(browser, web_app))


def test_an_app_that_was_disconnected_asks_again(browser: Browser, web_app: App) -> None:
    approve(browser, web_app)
    returned(ask(browser, web_app))
    browser.post("/apps", {"client": web_app.row.pk})
    assert is_asked(ask(browser, web_app))


def test_an_unused_consent_is_forgotten(browser: Browser, web_app: App, settings: Settings) -> None:
    """The consent page states it: the consent ends after that time without use."""
    web_app.connect(browser)
    past = timezone.now() - timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS)
    Authorization.objects.update(created_at=past)
    assert is_answered(ask(browser, web_app))
    for rows in (Authorization, RefreshToken, AccessToken):
        rows.objects.update(**{"created_at" if rows is Authorization else "created": past})
    assert is_asked(ask(browser, web_app))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another name"},
        {"client_uri": "https://other.example.com"},
        {"redirect_uris": f"{WEB} https://other.example.com/callback"},
        {"token_endpoint_auth_method": "none"},
    ],
)
def test_a_consent_is_forgotten_once_the_client_is_another(
    browser: Browser, web_app: App, changes: dict[str, str]
) -> None:
    approve(browser, web_app)
    Client.objects.update(**changes)
    assert is_asked(ask(browser, web_app))


def test_a_consent_to_what_the_client_was_is_not_renewed_by_one_to_what_it_is(browser: Browser, web_app: App) -> None:
    """The person allowed both scopes under the first name, and one of them under the second."""
    approve(browser, web_app, scope="read write")
    Client.objects.update(name="Another name")
    approve(browser, web_app, scope="read")
    assert is_answered(ask(browser, web_app, scope="read"))
    assert is_asked(ask(browser, web_app, scope="read write"))

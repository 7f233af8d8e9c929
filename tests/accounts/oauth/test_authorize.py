"""The authorization endpoint: who is told of an error and where, what a person sees, what their answer does."""

from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from accounts.clients.destinations import destination_of
from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, User
from accounts.oauth import authorize
from tests.support.documents import serving_documents
from tests.support.factories import PASSWORD, make_client, make_user
from tests.support.flows import (
    ISSUER,
    REDIRECT_URI,
    RESOURCE,
    App,
    Response,
    Value,
    answer,
    approve,
    ask,
    left_for,
    link_target,
    parameters_in,
    returned,
    sign_in,
)
from tests.support.oauth.pkce import CHALLENGE

pytestmark = pytest.mark.django_db

WRITTEN = (Consent, Authorization, Grant, AccessToken)


def nothing_was_written() -> bool:
    return not any(model.objects.exists() for model in WRITTEN)


def is_page_for_person(response: Response, title: str) -> bool:
    return response.status_code == 400 and f"<h1>{title}</h1>" in response.text and "Location" not in response


@pytest.fixture(params=["signed in", "signed out"])
def anybody(request: pytest.FixtureRequest, person: User) -> Browser:
    return sign_in(person) if request.param == "signed in" else Browser()


# --- The client and its redirect URI: judged first, and told to the person alone ---------------


@pytest.mark.parametrize("client_id", ["unknown", "", None, "a" * 5000, "☃"])
def test_an_unknown_client_is_told_to_the_person_and_never_redirected(
    anybody: Browser, app: App, client_id: str | None
) -> None:
    """RFC 6749 section 4.1.2.1: "the authorization server SHOULD inform the resource owner of the error and
    MUST NOT automatically redirect the user-agent to the invalid redirection URI"."""
    assert is_page_for_person(ask(anybody, app, client_id=client_id), "Invalid client_id")


def test_a_suspended_client_is_as_good_as_unknown(anybody: Browser) -> None:
    client = make_client(suspended_at=timezone.now())
    assert is_page_for_person(ask(anybody, App(client.client_id)), "Invalid client_id")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://localhost:8080/other",
        "https://evil.example/callback",
        "https://localhost:8080/callback",
        "http://user@localhost:8080/callback",
        "http://localhost:8080@evil.example/callback",
        "http://localhost:99999/callback",
        "http://localhost:8080/callback#part",
        "http://[::1",
        "javascript:alert(1)",
        "/callback",
        "☃",
    ],
)
def test_a_redirect_uri_that_is_not_registered_is_never_redirected_to(
    anybody: Browser, app: App, redirect_uri: str
) -> None:
    assert is_page_for_person(ask(anybody, app, redirect_uri=redirect_uri), "Invalid redirect_uri")


def test_the_redirect_uri_may_be_left_out_where_there_is_only_one(browser: Browser, app: App) -> None:
    location = answer(browser, ask(browser, app, redirect_uri=None))["Location"]
    assert location.startswith(f"{REDIRECT_URI}?")


def test_the_redirect_uri_may_not_be_left_out_where_there_are_two(anybody: Browser) -> None:
    app = App.register(redirect_uris=[REDIRECT_URI, "https://app.example.com/callback"])
    assert is_page_for_person(ask(anybody, app, redirect_uri=None), "Invalid redirect_uri")


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "anything"]
)
def test_a_parameter_that_comes_twice_is_told_to_the_person(anybody: Browser, app: App, name: str) -> None:
    """RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than once."""
    response = anybody.get(f"{app.authorization_url(scope='read', anything='a')}&{name}=again")
    assert is_page_for_person(response, "Invalid request")
    assert f"Duplicate {name} parameter" in response.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "code_challenge", "resource"])
@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "a\x7fb"])
def test_a_control_character_is_told_to_the_person(anybody: Browser, app: App, name: str, value: str) -> None:
    assert is_page_for_person(ask(anybody, app, **{name: value}), "Invalid request")


@pytest.mark.parametrize(
    ("junk", "status"),
    [
        *((each, 200) for each in ("state=%", "state=%zz", "state=%ff%fe", "state=%ED%A0%80", "&&&=&;", "a[b]=c")),
        ("%00", 400),
    ],
)
def test_bad_percent_encoding_ends_in_no_server_error(browser: Browser, app: App, junk: str, status: int) -> None:
    response = browser.get(f"{app.authorization_url(state=None)}&{junk}")
    assert response.status_code == status


# --- Every other error: told to the client, once the person has signed in and has seen its host -

TOLD_TO_THE_CLIENT = {
    "without PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request", "PKCE is required"),
    "with an empty challenge": ({"code_challenge": ""}, "invalid_request", "PKCE is required"),
    "with plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request", "code_challenge_method=S256"),
    "with PKCE of no method, which means plain": (
        {"code_challenge_method": None},
        "invalid_request",
        "code_challenge_method=S256",
    ),
    "with a method in small letters": ({"code_challenge_method": "s256"}, "invalid_request", "S256"),
    "with a short challenge": ({"code_challenge": "short"}, "invalid_request", "43 characters"),
    "with a padded challenge": ({"code_challenge": CHALLENGE + "="}, "invalid_request", "43 characters"),
    "with a challenge beyond ASCII": ({"code_challenge": "ä" * 43}, "invalid_request", "43 characters"),
    "without a response type": ({"response_type": None}, "invalid_request", "response_type"),
    "for a token": ({"response_type": "token"}, "unsupported_response_type", ""),
    "for a code and a token": ({"response_type": "code token"}, "unsupported_response_type", ""),
    "for an ID token": ({"response_type": "code id_token"}, "unsupported_response_type", ""),
    "for nothing": ({"response_type": "none"}, "unsupported_response_type", ""),
    "for another resource": ({"resource": "https://other.example.com/mcp"}, "invalid_target", RESOURCE),
    "for a part of ours": ({"resource": f"{RESOURCE}/part"}, "invalid_target", RESOURCE),
    "for the issuer": ({"resource": ISSUER}, "invalid_target", RESOURCE),
    "for a name that begins like ours": ({"resource": f"{RESOURCE}x"}, "invalid_target", RESOURCE),
    "for ours with a fragment": ({"resource": f"{RESOURCE}#part"}, "invalid_target", RESOURCE),
    "for half an IPv6 address": ({"resource": "http://[::1"}, "invalid_target", RESOURCE),
    "for a port out of range": ({"resource": "http://localhost:99999/mcp"}, "invalid_target", RESOURCE),
    "for a host with a final dot": ({"resource": "http://localhost./mcp"}, "invalid_target", RESOURCE),
    "for a percent-encoded host": ({"resource": "http://%6Cocalhost/mcp"}, "invalid_target", RESOURCE),
    "for ours behind user information": ({"resource": "http://x@localhost/mcp"}, "invalid_target", RESOURCE),
    "for ours behind a backslash": ({"resource": "http://localhost\\mcp"}, "invalid_target", RESOURCE),
    "for no URI": ({"resource": "mcp"}, "invalid_target", RESOURCE),
    "for ours and another": ({"resource": [RESOURCE, "https://other.example.com"]}, "invalid_target", RESOURCE),
}


@pytest.mark.parametrize(("changes", "error", "words"), TOLD_TO_THE_CLIENT.values(), ids=TOLD_TO_THE_CLIENT)
def test_an_error_of_the_operators_client_is_redirected_with_state_and_iss(
    browser: Browser, changes: dict[str, str | None], error: str, words: str
) -> None:
    """RFC 9207 section 2: "In authorization responses to the client, including error responses, an authorization
    server supporting this specification MUST indicate its identity by including the iss parameter in the response."
    """
    response = ask(browser, App.by_hand(), **changes)

    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert (told["error"], told["state"], told["iss"]) == (error, "random123", ISSUER)
    assert words in told.get("error_description", "")
    assert "code" not in told
    assert nothing_was_written()


ANYWHERE = ["https://attacker.test/cb", REDIRECT_URI, "https://localhost:8443/cb", "com.example.app:/callback"]


@pytest.mark.parametrize(("changes", "error", "words"), TOLD_TO_THE_CLIENT.values(), ids=TOLD_TO_THE_CLIENT)
@pytest.mark.parametrize("redirect_uri", ANYWHERE)
def test_an_error_of_a_client_that_nobody_vouches_for_redirects_nobody_without_a_page(
    browser: Browser, redirect_uri: str, changes: dict[str, str | None], error: str, words: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    page = ask(browser, app, **changes)

    address = link_target(page)
    assert address.startswith(f"{redirect_uri}?")
    told = parameters_in(address)
    assert (told["error"], told["state"], told["iss"]) == (error, "random123", ISSUER)
    assert destination_of(redirect_uri).host in page.text
    assert words in unescape(page.text)
    assert nothing_was_written()


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_no_method_redirects_an_error_of_a_client_that_nobody_vouches_for(browser: Browser, method: str) -> None:
    app = App.register(redirect_uris=["https://attacker.test/cb"])
    browser.defaults["HTTP_SEC_FETCH_SITE"] = "same-origin"
    response = getattr(browser, method)(app.authorization_url(response_type="token"))
    assert response.status_code == 400
    assert "Location" not in response
    assert "http-equiv" not in response.text


def test_the_page_that_offers_to_return_shows_what_the_client_wrote_as_text(browser: Browser) -> None:
    app = App.register(client_name="<b>Claude</b>", redirect_uris=["https://attacker.test/cb?a=%22%3E%3Cb%3E"])
    page = ask(browser, app, response_type="token", state='"><script>alert(1)</script>')
    assert "&lt;b&gt;Claude&lt;/b&gt;" in page.text
    assert parameters_in(link_target(page))["state"] == '"><script>alert(1)</script>'


def test_an_error_of_a_document_that_the_operator_did_not_approve_redirects_nobody(browser: Browser) -> None:
    """Anybody can publish a document on a host of their own, and so vouch for their own addresses."""
    cache.clear()
    evil = {"client_id": "https://evil.example/c.json", "redirect_uris": ["https://evil.example/cb"]}
    with serving_documents() as documents:
        app = App(documents.publish(evil), redirect_uri="https://evil.example/cb")
        page = ask(browser, app, response_type="token")
    assert link_target(page).startswith("https://evil.example/cb?error=")


def test_an_error_of_a_client_that_changed_after_its_approval_redirects_nobody(browser: Browser) -> None:
    app = App.register(redirect_uris=["https://app.example.com/cb"])
    Client.objects.update(vouched_fingerprint=app.row.fingerprint)
    assert "error" in returned(ask(browser, app, response_type="token"))
    Client.objects.update(redirect_uris="https://app.example.com/cb https://attacker.test/cb")
    assert link_target(ask(browser, app, response_type="token"))


@pytest.mark.parametrize(("changes", "error", "words"), TOLD_TO_THE_CLIENT.values(), ids=TOLD_TO_THE_CLIENT)
def test_nobody_is_bounced_through_us_before_signing_in(
    app: App, changes: dict[str, str | None], error: str, words: str
) -> None:
    """RFC 9700 section 4.11.2: "The authorization server MUST always authenticate the user first [...] before
    redirecting the user."."""
    assert is_sign_in(ask(Browser(), app, **changes))


def test_an_error_without_a_state_returns_none(browser: Browser) -> None:
    told = returned(ask(browser, App.by_hand(), state=None, response_type="token"))
    assert set(told) <= {"error", "error_description", "iss"}


def test_a_refusal_leaves_an_event_with_its_reason(browser: Browser, person: User, app: App) -> None:
    ask(browser, app, code_challenge_method="plain")
    event = Event.objects.get(kind=Event.Kind.AUTHORIZATION)
    assert (event.outcome, event.reason, event.user_id) == ("refused", "pkce_required", person.pk)
    assert event.client_id == app.client_id


# --- Signing in --------------------------------------------------------------------------------


def is_sign_in(response: Response) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == "/accounts/login/"


def test_whoever_is_signed_out_signs_in_and_comes_back_to_the_same_request(app: App) -> None:
    make_user("grace", password=PASSWORD)
    browser = Browser()
    url = app.authorization_url(scope="read write", state="ä&=/ %")
    location = browser.get(url)["Location"]
    assert parse_qs(urlsplit(location).query)["next"] == [url]

    back = browser.post(location, {"login": "grace", "password": PASSWORD, "next": url})

    assert back["Location"] == url
    assert returned(answer(browser, browser.get(url)))["state"] == "ä&=/ %"


def test_an_answer_from_somebody_who_is_signed_out_leads_to_the_sign_in(
    browser: Browser, person: User, app: App
) -> None:
    page = ask(browser, app)
    Session.objects.all().delete()
    assert is_sign_in(answer(browser, page))
    assert nothing_was_written()


def test_somebody_suspended_meanwhile_is_signed_out(browser: Browser, person: User, app: App) -> None:
    page = ask(browser, app)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert is_sign_in(answer(browser, page))
    assert nothing_was_written()


def is_asked(response: Response) -> bool:
    return response.status_code == 200 and 'value="approve"' in response.text


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil%2Eexample/callback",
        "https://evil.example./callback",
        "https://claude.ai%E3%80%82evil2.example/callback",
        "https://my_app.example.com/callback",
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_nothing_goes_to_an_address_from_before_it_was_refused(browser: Browser, uri: str, named: bool) -> None:
    client = make_client(redirect_uris=uri)
    page = ask(browser, App(client.client_id, redirect_uri=uri), **({} if named else {"redirect_uri": None}))
    assert is_page_for_person(page, "Invalid redirect_uri")
    assert nothing_was_written()


# --- The consent page --------------------------------------------------------------------------


def test_the_page_says_who_asks_where_the_answer_goes_as_whom_and_for_what(browser: Browser) -> None:
    app = App.register(
        client_name="<b>Ordinary</b> App",
        redirect_uris=["https://app.example.com/callback"],
        client_uri="https://a.example",
    )
    page = ask(browser, app, scope="read write").text
    assert "&lt;b&gt;Ordinary&lt;/b&gt; App" in page
    for shown in ("app.example.com", "ada", "<code>read</code>", "<code>write</code>", RESOURCE, "https://a.example"):
        assert shown in page
    assert "Not you?" in page


@pytest.mark.parametrize(
    ("redirect_uri", "host", "warning"),
    [
        ("https://app.example.com:8443/callback", "app.example.com:8443", "A website."),
        ("https://App.Example.com/callback", "app.example.com", "A website."),
        ("https://xn--clude-yqa.ai/callback", "xn--clude-yqa.ai", "A website."),
        ("https://203.0.113.7/callback", "203.0.113.7", "A website."),
        ("http://localhost:8080/callback", "localhost:8080", "A program on this computer."),
        ("http://[::1]:8080/callback", "[::1]:8080", "A program on this computer."),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", "An app installed on this device."),
        ("com.example.app:/callback", "com.example.app:", "An app installed on this device."),
    ],
)
def test_the_page_says_what_kind_of_place_the_answer_goes_to(
    browser: Browser, redirect_uri: str, host: str, warning: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    page = ask(browser, app).text
    assert f'<p class="host"><bdi>{host}</bdi></p>' in page
    assert warning in page


def test_the_answer_is_in_the_query_whatever_response_mode_says(browser: Browser, app: App) -> None:
    page = ask(browser, app, response_mode="fragment")
    assert "#" not in left_for(answer(browser, page))


def test_the_page_can_neither_be_framed_nor_cached(browser: Browser, app: App) -> None:
    """RFC 9700 section 4.16: "authorization servers MUST prevent clickjacking attacks"."""
    response = ask(browser, app)
    assert response["X-Frame-Options"] == "DENY"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("changes", [{}, {"client_id": "unknown"}, {"response_type": "token"}])
def test_no_answer_of_the_endpoint_is_cached(anybody: Browser, app: App, changes: dict[str, str]) -> None:
    assert "no-store" in ask(anybody, app, **changes)["Cache-Control"]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_not_allowed(browser: Browser, app: App, method: str) -> None:
    response = getattr(browser, method)(app.authorization_url())
    assert (response.status_code, nothing_was_written()) == (405, True)


def test_a_head_request_is_answered_like_a_get(browser: Browser, app: App) -> None:
    assert browser.head(app.authorization_url()).status_code == 200


def test_the_address_may_end_in_a_slash(browser: Browser, app: App) -> None:
    page = browser.get(app.authorization_url().replace("authorize?", "authorize/?"))
    assert "code" in returned(answer(browser, page))


# --- Approve and Cancel ------------------------------------------------------------------------


def test_approve_returns_code_state_and_iss(browser: Browser, app: App) -> None:
    response = answer(browser, ask(browser, app))
    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert set(told) == {"code", "state", "iss"}
    assert (told["state"], told["iss"]) == ("random123", ISSUER)


def test_approve_writes_consent_authorization_and_grant(browser: Browser, person: User, app: App) -> None:
    code = approve(browser, app, scope="read write")

    consent = Consent.objects.get()
    assert (consent.user, consent.client, consent.scope) == (person, app.row, "read write")
    authorize = Authorization.objects.get()
    assert (authorize.consent, authorize.scope, authorize.is_live) == (consent, "read write", True)
    grant = Grant.objects.get()
    assert (grant.user, grant.application, grant.authorization) == (person, app.row, authorize)
    assert (grant.redirect_uri, grant.scope, grant.resource) == (REDIRECT_URI, "read write", [RESOURCE])
    assert (grant.code_challenge, grant.code_challenge_method) == (CHALLENGE, "S256")
    assert grant.expires <= timezone.now() + timedelta(minutes=10)
    assert (grant.code, grant.redeemed_at) == (checksum(code), None)


def test_approve_leaves_events_that_name_the_authorization(browser: Browser, person: User, app: App) -> None:
    approve(browser, app)
    approved, requested = Event.objects.filter(kind=Event.Kind.AUTHORIZATION)
    assert (requested.action, approved.action) == ("requested", "approved")
    assert approved.authorization_id == Authorization.objects.get().pk
    assert {event.user_id for event in (approved, requested)} == {person.pk}
    assert {event.client_id for event in (approved, requested)} == {app.client_id}


def test_a_second_approval_is_an_authorization_of_its_own_under_the_same_consent(browser: Browser, app: App) -> None:
    approve(browser, app, scope="read write")
    approve(browser, app, scope="read")
    assert Consent.objects.get().scope == "read"
    assert sorted(Authorization.objects.values_list("scope", flat=True)) == ["read", "read write"]


def test_cancel_returns_access_denied_with_state_and_iss(browser: Browser, app: App) -> None:
    response = answer(browser, ask(browser, app), "cancel")
    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    told = returned(response)
    assert (told["error"], told["state"], told["iss"]) == ("access_denied", "random123", ISSUER)
    assert "code" not in told
    assert nothing_was_written()


@pytest.mark.parametrize("decision", ["", "Approve", "yes"])
def test_neither_approve_nor_cancel_is_asked_again(browser: Browser, app: App, decision: str) -> None:
    response = browser.post(
        app.authorization_url(), {"shown": ask(browser, app).context["shown"], "decision": decision}
    )
    assert response.status_code == 400
    assert "Please choose Approve or Cancel." in response.text
    assert nothing_was_written()


@pytest.mark.parametrize("decision", ["approve", "cancel"])
@pytest.mark.parametrize(
    ("redirect_uri", "asked"),
    [
        ("https://app.example.com/callback?tenant=1", "https://app.example.com/callback?tenant=1"),
        ("http://localhost/callback", "http://localhost:51234/callback"),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:51234/"),
        ("http://[::1]/callback", "http://[::1]:51234/callback"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback"),
        ("com.example.app:/callback", "com.example.app:/callback"),
    ],
)
def test_the_answer_goes_to_the_very_address_that_was_asked_for(
    browser: Browser, redirect_uri: str, asked: str, decision: str
) -> None:
    app = App.register(redirect_uris=[redirect_uri], token_endpoint_auth_method="none")
    response = answer(browser, ask(browser, app, redirect_uri=asked), decision)
    assert left_for(response).startswith(asked)
    assert returned(response)["state"] == "random123"
    if "?" in asked:
        assert returned(response)["tenant"] == "1"


@pytest.mark.parametrize("state", ["", None, "ä ö", "a+b&c=d", "%00", "x" * 2000])
def test_the_state_returns_as_it_came(browser: Browser, app: App, state: str | None) -> None:
    told = returned(answer(browser, ask(browser, app, state=state)))
    assert told.get("state", "") == (state or "")


# --- Scopes and resource -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "registered", "granted"),
    [
        (None, "read write", "read write"),
        (None, "", "read"),
        ("", "read write", "read write"),
        ("read", "read write", "read"),
        ("write", "read", "write"),
        ("read write", "read", "read write"),
        ("write write", "read", "write"),
        ("read admin", "read write", "read"),
        ("openid email profile", "", "read"),
        ("openid email profile", "read write", "read write"),
        (" offline_access", "", "read offline_access"),
        ("read offline_access", "read write", "read offline_access"),
    ],
)
def test_scopes_are_narrowed_to_what_there_is_and_never_refused(
    browser: Browser, asked: str | None, registered: str, granted: str
) -> None:
    """A registered scope is what a client gets when it asks for none, never a ceiling."""
    app = App.register(scope=registered)
    code = approve(browser, app, scope=asked)
    assert Authorization.objects.get().scope == granted
    assert app.exchange(code).json()["scope"] == granted


@pytest.mark.parametrize(
    "resource",
    [
        None,
        "",
        RESOURCE,
        f"{RESOURCE}/",
        "HTTP://LOCALHOST/mcp",
        "http://localhost:80/mcp",
        [RESOURCE, f"{RESOURCE}/"],
    ],
)
def test_our_resource_is_known_in_all_its_spellings(
    browser: Browser, app: App, resource: str | list[str] | None
) -> None:
    approve(browser, app, resource=resource)
    assert Grant.objects.get().resource == [RESOURCE]


@pytest.mark.parametrize("left", ["read", "write"])
def test_the_person_may_grant_less_than_was_asked_for(browser: Browser, app: App, left: str) -> None:
    page = ask(browser, app, scope="read write")
    code = returned(answer(browser, page, scope=left))["code"]
    assert Authorization.objects.get().scope == left
    assert app.exchange(code).json()["scope"] == left


def test_offline_access_is_granted_without_being_asked_for(browser: Browser, app: App) -> None:
    page = ask(browser, app, scope="read write offline_access")
    assert "offline_access" not in page.text.partition("<fieldset")[2].partition("</fieldset>")[0]
    code = returned(answer(browser, page, scope="read"))["code"]
    assert app.exchange(code).json()["scope"] == "read offline_access"


@pytest.mark.parametrize("left", [None, "offline_access", "admin"])
def test_granting_nothing_is_asked_again(browser: Browser, app: App, left: str | None) -> None:
    response = answer(browser, ask(browser, app, scope="read write offline_access"), scope=left)
    assert response.status_code == 400
    assert "at least one permission" in response.text
    assert nothing_was_written()


# --- What is posted back is never trusted ------------------------------------------------------


@pytest.mark.parametrize(
    "extra",
    [
        {"scope": ["read", "write"]},
        {"redirect_uri": "https://evil.example/callback"},
        {"client_id": "another"},
        {"resource": "https://other.example.com/mcp"},
        {"state": "forged"},
        {"response_type": "token"},
        {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
        {"code_challenge_method": "plain"},
        {"allow": "false"},
        {"user": "1"},
    ],
)
def test_an_extra_field_of_the_form_changes_nothing(browser: Browser, app: App, extra: dict[str, Value]) -> None:
    page = ask(browser, app, scope="read")
    response = answer(browser, page, "approve", **extra)

    assert response["Location"].startswith(f"{REDIRECT_URI}?")
    assert returned(response)["state"] == "random123"
    grant = Grant.objects.get()
    assert (grant.scope, grant.redirect_uri, grant.application) == ("read", REDIRECT_URI, app.row)
    assert (grant.code_challenge, grant.code_challenge_method, grant.resource) == (CHALLENGE, "S256", [RESOURCE])


def is_asked_again(response: Response) -> bool:
    return response.status_code == 400 and authorize.CHANGED in unescape(response.text) and nothing_was_written()


@pytest.mark.parametrize("decision", ["approve", "cancel"])
@pytest.mark.parametrize("shown", ["", "forged", "WyJmb3JnZWQiXQ:1r:signature", "☃"])
def test_an_answer_to_a_page_that_was_never_shown_is_refused(
    browser: Browser, app: App, decision: str, shown: str
) -> None:
    assert is_asked_again(answer(browser, ask(browser, app), decision, shown=shown))


def test_an_answer_without_any_form_is_refused(browser: Browser, app: App) -> None:
    assert is_asked_again(browser.post(app.authorization_url(), {"decision": "approve"}))


def test_an_answer_to_what_another_person_was_shown_is_refused(browser: Browser, app: App) -> None:
    theirs = ask(sign_in(), app)
    assert is_asked_again(answer(browser, theirs))


@pytest.mark.parametrize("changes", [{"scope": "read write"}, {"redirect_uri": "http://localhost:9999/callback"}])
def test_an_answer_to_another_request_of_the_client_is_refused(
    browser: Browser, app: App, changes: dict[str, str]
) -> None:
    page = ask(browser, app, scope="read")
    shown = page.context["shown"]
    response = browser.post(
        app.authorization_url(**{"scope": "read", **changes}), {"shown": shown, "decision": "approve"}
    )
    assert is_asked_again(response)


def test_an_answer_to_another_clients_request_is_refused(browser: Browser, app: App) -> None:
    shown = ask(browser, App.register()).context["shown"]
    assert is_asked_again(browser.post(app.authorization_url(), {"shown": shown, "decision": "approve"}))


@pytest.mark.parametrize("changes", [{"name": "Another name"}, {"client_uri": "https://other.example.com"}])
def test_an_answer_is_refused_once_the_client_calls_itself_something_else(
    browser: Browser, app: App, changes: dict[str, str]
) -> None:
    page = ask(browser, app)
    Client.objects.update(**changes)
    assert is_asked_again(answer(browser, page))


def test_an_answer_comes_too_late_when_the_redirect_uri_is_gone(browser: Browser, app: App) -> None:
    page = ask(browser, app)
    Client.objects.update(redirect_uris="https://app.example.com/callback")
    assert is_page_for_person(answer(browser, page), "Invalid redirect_uri")
    assert nothing_was_written()


def test_an_answer_to_a_page_that_lay_open_too_long_is_refused(
    browser: Browser, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(browser, app)
    monkeypatch.setattr(authorize, "PAGE_LIFETIME_SECONDS", -1)
    assert is_asked_again(answer(browser, page))


def test_the_page_that_asks_again_can_be_answered(browser: Browser, app: App) -> None:
    again = answer(browser, ask(browser, app), shown="forged")
    assert "code" in returned(answer(browser, again))


def test_a_page_opened_in_a_second_tab_does_not_spoil_the_first(browser: Browser, app: App) -> None:
    first, second = ask(browser, app, state="first"), ask(browser, app, state="second")
    assert returned(answer(browser, first))["state"] == "first"
    assert returned(answer(browser, second))["state"] == "second"


def test_an_answer_from_another_site_is_refused(person: User, app: App) -> None:
    """RFC 6749 section 10.12: "The authorization server MUST implement CSRF protection for its authorization
    endpoint"."""
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(person)
    shown = ask(browser, app).context["shown"]
    response = browser.post(app.authorization_url(), {"shown": shown, "decision": "approve"})
    assert (response.status_code, nothing_was_written()) == (403, True)


def test_without_a_public_url_iss_follows_the_loopback_host(browser: Browser, app: App, settings: Settings) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "", ["127.0.0.1"]
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "OIDC_ISS_ENDPOINT": ""}
    headers = {"host": "127.0.0.1:9000"}
    url = app.authorization_url()
    form = {"shown": browser.get(url, headers=headers).context["shown"], "scope": "read", "lifetime": "open"}
    for decision in ("approve", "cancel"):
        response = browser.post(url, {**form, "decision": decision}, headers=headers)
        assert returned(response)["iss"] == "http://127.0.0.1:9000"

"""What a client may ask of the person's sign-in: prompt, max_age and login_hint (OpenID Connect Core 3.1.2.1)."""

import pytest
from django.test import Client as Browser

from accounts.models import Event, User
from accounts.user_model.sign_in import SESSION_KEY
from tests.support.documents import DocumentServer
from tests.support.factories import PASSWORD, make_user
from tests.support.flows import ISSUER, App, answer, approve, ask, link_target, parameters_in, returned, sign_in
from tests.support.oauth.consent_pages import ATTACKER, WEB, is_answered, is_asked, is_page_for_person, is_sign_in
from tests.support.oauth.metadata_documents import CLAUDE, app_of
from tests.support.oauth.sign_ins import confirm, fill_in, led_to, signed_in_before

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(db: None) -> User:
    return make_user("ada", password=PASSWORD)


@pytest.fixture
def new_browser(browser: Browser, web_app: App) -> Browser:
    """The browser of a person who approved the client elsewhere, and has just signed in here."""
    approve(browser, web_app)
    new = Browser()
    new.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    return new


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"prompt": "consent Login"}, {"max_age": "0"}])
def test_a_person_proves_again_who_they_are(new_browser: Browser, web_app: App, wish: dict[str, str]) -> None:
    page = ask(new_browser, web_app, **wish)
    _, parameters = led_to(page)
    assert led_to(new_browser.get(parameters["next"])) == led_to(page)
    response = confirm(new_browser, page)
    if "prompt" in wish:
        assert is_asked(response)
        response = answer(new_browser, response)
    assert is_answered(response)
    assert returned(response)["state"] == "random123"
    assert not is_asked(ask(new_browser, web_app, **wish))


def test_what_waits_is_met_by_a_sign_in_and_by_no_parameter(new_browser: Browser, web_app: App) -> None:
    _, parameters = led_to(ask(new_browser, web_app, prompt="login"))
    for changed in ("&prompt=none", "&prompt=consent", "&max_age=9999"):
        assert led_to(new_browser.get(parameters["next"] + changed))[0] == "/accounts/reauthenticate/"
    assert is_page_for_person(Browser().get(parameters["next"]), "This sign-in has expired")
    assert is_page_for_person(new_browser.get(parameters["next"] + "x"), "This sign-in has expired")


def test_a_decision_needs_the_new_sign_in_too(new_browser: Browser, web_app: App) -> None:
    page = ask(new_browser, web_app, prompt="consent")
    [shown] = [line for line in page.text.splitlines() if 'name="shown"' in line]
    fields = {"decision": "approve", "scope": "read", "shown": shown.split('value="')[1].split('"')[0]}
    path, _ = led_to(new_browser.post(web_app.authorization_url(prompt="login"), fields))
    assert path == "/accounts/reauthenticate/"


@pytest.mark.parametrize(("age", "is_recent"), [(50, True), (70, False)])
def test_max_age_is_compared_with_the_time_of_the_sign_in(
    new_browser: Browser, web_app: App, age: int, is_recent: bool
) -> None:
    signed_in_before(new_browser, age)
    page = ask(new_browser, web_app, max_age="60")
    assert is_answered(page) is is_recent
    if not is_recent:
        assert is_answered(confirm(new_browser, page))


def test_a_sign_in_of_an_unknown_time_is_not_recent(browser: Browser, web_app: App) -> None:
    session = browser.session
    del session[SESSION_KEY]
    session.save()
    page = ask(browser, web_app, max_age="999999999")
    assert led_to(page)[0] == "/accounts/reauthenticate/"


def test_whoever_signs_in_first_signs_in_once(web_app: App, person: User) -> None:
    browser = Browser()
    for wish in ({"prompt": "login"}, {"max_age": "0"}):
        page = ask(browser, web_app, **wish)
        assert is_sign_in(page)
        assert is_asked(fill_in(browser, page, person))
        browser.logout()


def test_somebody_without_a_password_signs_out_by_a_form_first(web_app: App) -> None:
    """Single sign-on: a link of another site must not sign anybody out."""
    browser = sign_in()
    page = ask(browser, web_app, prompt="login")
    assert (page.status_code, "<h1>Sign in again</h1>" in page.text) == (200, True)
    assert "_auth_user_id" in browser.session
    leading = page.text.split('name="next" value="')[1].split('"')[0]
    assert led_to(browser.post("/oauth/sign_out", {"next": leading}))[0] == "/accounts/login/"
    other = make_user("grace", password=PASSWORD)
    assert is_asked(fill_in(browser, browser.post("/oauth/sign_out", {"next": leading}), other))


@pytest.mark.parametrize("max_age", ["-1", "soon", "1.5", "9" * 10, "٣"])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(browser: Browser, app: App, max_age: str) -> None:
    told = parameters_in(link_target(ask(browser, app, max_age=max_age)))
    assert (told["error"], told["state"], told["iss"]) == ("invalid_request", "random123", ISSUER)


# --- prompt=none ----------------------------------------------------------------------------------


def test_prompt_none_gets_a_code_where_a_consent_is_remembered(new_browser: Browser, web_app: App) -> None:
    assert is_answered(ask(new_browser, web_app, prompt="none"))
    assert is_answered(ask(new_browser, web_app, prompt="none", max_age="60"))


@pytest.mark.parametrize("changes", [{"redirect_uri": ATTACKER}, {"redirect_uri": f"{WEB}?a=b"}, {"scope": "write"}])
def test_prompt_none_gets_no_code_for_anything_else(browser: Browser, changes: dict[str, str]) -> None:
    app = App.by_hand(redirect_uris=f"{WEB} {ATTACKER} {WEB}?a=b")
    assert returned(ask(browser, app, prompt="none"))["error"] == "consent_required"
    approve(browser, app, scope="read")
    assert returned(ask(browser, app, prompt="none", **changes))["error"] == "consent_required"
    assert returned(browser.post(app.authorization_url(prompt="none")))["error"] == "consent_required"


def test_prompt_none_without_a_recent_sign_in_is_told_so(new_browser: Browser, web_app: App) -> None:
    signed_in_before(new_browser, 90)
    for person, wish in ((Browser(), {}), (new_browser, {"max_age": "60"})):
        told = returned(ask(person, web_app, prompt="none", **wish))
        assert (told["error"], told["state"], told["iss"]) == ("login_required", "random123", ISSUER)
    assert Event.objects.filter(reason="login_required").count() == 2


def test_prompt_none_is_no_open_redirector(app: App) -> None:
    """RFC 9700 section 4.11.2: nobody vouches for a client that registered itself."""
    for wish in ({}, {"code_challenge": None}, {"prompt": "none login"}):
        told = parameters_in(link_target(ask(Browser(), app, **{"prompt": "none", **wish})))
        assert told["error"] in ("login_required", "invalid_request")


def test_prompt_none_with_an_unknown_document_ends_on_a_page(documents: DocumentServer) -> None:
    assert is_page_for_person(ask(Browser(), app_of(CLAUDE), prompt="none"), "Not signed in")


# --- login_hint -----------------------------------------------------------------------------------


def test_a_login_hint_fills_the_field_and_nothing_else(web_app: App) -> None:
    browser = Browser()
    for wish in ({}, {"prompt": "login"}):
        page = ask(browser, web_app, login_hint='ada"><b>', **wish)
        assert led_to(page)[1]["login_hint"] == 'ada"><b>'
        form = browser.get(page["Location"]).text
        assert 'name="login" value="ada&quot;&gt;&lt;b&gt;"' in form
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("hint", ["a" * 151, "a\x00b", "a\nb", ""])
def test_a_login_hint_that_is_no_name_is_ignored(web_app: App, hint: str) -> None:
    assert "login_hint" not in led_to(ask(Browser(), web_app, login_hint=hint))[1]

"""A client that asks a member to sign in again, on the site's own pages and on those of its own allauth."""

from collections.abc import Iterator
from urllib.parse import urlencode

import httpx2
import pytest

from tests.sites.conftest import TEMPLATE
from tests.sites.connection import PASSWORD, Connection, result_of
from tests.sites.site import Site
from tests.support.oauth.http_client import REDIRECT_URI
from tests.support.oauth.pkce import CHALLENGE
from tests.support.people.browser import Person

ALLAUTH = """
INSTALLED_APPS += ["allauth", "allauth.account"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "members.adapter.MemberAdapter"
LOGIN_URL = "account_login"
"""
URLS = '\nurlpatterns += [path("members/", include("allauth.account.urls"))]\n'
ADAPTER = '''
from allauth.account.adapter import DefaultAccountAdapter


class MemberAdapter(DefaultAccountAdapter):
    """The site's own."""
'''
PAGE = "<h1>The club's own page</h1><form method=post>{% csrf_token %}{{ form }}<button>Sign in</button></form>"


@pytest.fixture(scope="module")
def site_with_allauth(tmp_path_factory: pytest.TempPathFactory, added: Site) -> Iterator[Site]:
    """The site, with an allauth of its own which it installed after the server was added, and templates for it."""
    site = Site(TEMPLATE, tmp_path_factory.mktemp("allauth"), rows=added.database, lacks=())
    site.add_server()
    write(site, "club/settings.py", ALLAUTH)
    write(site, "club/urls.py", URLS)
    write(site, "members/adapter.py", ADAPTER)
    write(site, "members/templates/account/login.html", PAGE)
    write(site, "members/templates/account/reauthenticate.html", PAGE.replace("own page", "own question"))
    site.manage("migrate", "--verbosity", "0")
    with site.served():
        yield site
    site.remove()


def write(site: Site, name: str, text: str) -> None:
    path = site.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def asked_url(site: Site, client_id: str, **wish: str) -> str:
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": REDIRECT_URI, "state": "random123"}
    proof = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    return f"{site.url}/oauth/authorize?{urlencode({**asked, **proof, **wish})}"


def paths_of(person: Person) -> list[str]:
    return [page.url.path for page in person.pages]


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
def test_member_signs_out_by_a_form_and_in_on_the_site_s_own_page_once(served: Site, wish: dict[str, str]) -> None:
    connection = Connection(served, "ada@club.example")
    person = connection.person
    url = asked_url(served, connection.credentials["client_id"], **wish)
    page = person.open(url)
    assert "<h1>Sign in again</h1>" in page.text
    with httpx2.Client(cookies=person.cookies, follow_redirects=True) as browser:
        token = page.text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
        following = page.text.split('name="next" value="')[1].split('"')[0]
        signing_in = browser.post(
            f"{served.url}/oauth/sign_out", data={"csrfmiddlewaretoken": token, "next": following}
        )
        assert signing_in.url.path == "/sign-in/"
        sent = {"username": "ada@club.example", "password": PASSWORD}
        sent["csrfmiddlewaretoken"] = signing_in.text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
        consent = browser.post(str(signing_in.url), data=sent)
    assert consent.url.path == "/oauth/authorize"
    assert 'value="approve"' in consent.text


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}])
def test_member_who_was_signed_out_signs_in_once(served: Site, wish: dict[str, str]) -> None:
    client_id = Connection(served, "ada@club.example").credentials["client_id"]
    person = Person("ada@club.example", PASSWORD)
    assert person.approve(asked_url(served, client_id, **wish)).startswith(REDIRECT_URI)
    assert paths_of(person).count("/sign-in/") == 2


def test_form_leads_to_no_other_page(served: Site) -> None:
    for leading in ("https://evil.example/", "//evil.example", "/admin/", "/sign-in/../admin/", "/sign-in/x\r\ny"):
        found = httpx2.get(f"{served.url}/oauth/sign_out", params={"next": leading})
        assert (found.status_code, found.headers["Location"]) == (302, "/sign-in/")


def test_site_s_own_allauth_signs_in_with_its_own_pages(site_with_allauth: Site) -> None:
    connection = Connection(site_with_allauth, "ada@club.example")
    assert any("The club's own page" in page.text for page in connection.person.pages)
    result_of(connection.call("list_bookings"))
    assert "/members/password/change/" in connection.person.open(f"{site_with_allauth.url}/apps").text
    url = asked_url(site_with_allauth, connection.credentials["client_id"], prompt="login")
    assert connection.person.approve(url).startswith(REDIRECT_URI)
    assert any("The club's own question" in page.text for page in connection.person.pages)
    assert "no issues" in site_with_allauth.manage("check")

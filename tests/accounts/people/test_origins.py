"""Words for the origin of an authorization: the same in admin and on the page of a person's apps."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Authorization, Event, TrustedIssuer, User
from accounts.people.origins import WORDS, words_for
from tests.support.admin.pages import text_of, url
from tests.support.factories import make_authorization, make_client, make_event, make_user
from tests.support.flows import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user("ada")


def test_each_origin_has_words() -> None:
    assert set(WORDS) == set(Authorization.Origin.values)
    assert words_for(["device", "consent", "device"]) == ["approved in a browser", "approved for another device"]


@pytest.mark.parametrize("origin", WORDS)
def test_page_of_the_persons_apps_says_how_each_was_connected(ada: User, origin: str) -> None:
    make_authorization(ada, make_client(), origin=origin)
    assert f", {WORDS[origin]} ·" in text_of(sign_in(ada).get(reverse("oauth_mcp:connected_apps")))


@pytest.mark.parametrize("origin", WORDS)
def test_admin_says_it_in_lists_and_on_pages(admin_client: Browser, ada: User, origin: str) -> None:
    client = make_client()
    authorization = make_authorization(ada, client, origin=origin)
    event = make_event(Event.Kind.MCP, user=ada, client=client, authorization_id=authorization.pk)
    pages = (
        *(url("authorization_changelist"), url("authorization_change", authorization.pk)),
        *(url("user_change", ada.pk), url("client_change", client.pk), url("event_change", event.pk)),
    )
    for page in pages:
        assert str(WORDS[origin]) in text_of(admin_client.get(page)), page


def test_list_of_authorizations_is_filtered_by_it(admin_client: Browser, ada: User) -> None:
    for origin in ("consent", "device"):
        make_authorization(ada, make_client(), origin=origin)
    page = admin_client.get(url("authorization_changelist"), {"how": "device"})
    assert [each.origin for each in page.context["cl"].result_list] == ["device"]
    assert not admin_client.get(url("authorization_changelist"), {"how": "unknown"}).context["cl"].result_list


def test_trusted_issuer_is_named_to_the_person_and_to_the_operator(admin_client: Browser, ada: User) -> None:
    authorization = make_authorization(ada, make_client(), origin="id_jag")
    authorization.issuer = TrustedIssuer.objects.create(
        name="Acme", issuer="https://acme.example.com", jwks={"keys": []}
    )
    authorization.save()
    assert ", by your company, Acme ·" in text_of(sign_in(ada).get(reverse("oauth_mcp:connected_apps")))
    assert "by your company, Acme" in text_of(admin_client.get(url("authorization_changelist")))


def test_app_that_the_company_connects_is_said_to_come_back(ada: User) -> None:
    make_authorization(ada, make_client(), origin="id_jag")
    page = sign_in(ada).get("/apps").text
    assert "after that, your company can connect it again" in page


def test_app_that_the_person_approved_does_not_come_back_by_itself(ada: User) -> None:
    make_authorization(ada, make_client())
    assert "your company" not in sign_in(ada).get("/apps").text

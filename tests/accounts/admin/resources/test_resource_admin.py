"""Admin of protected resources: the secret that is shown once, and the end of a resource's tokens."""

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from accounts.models import Authorization, Event, ProtectedResource
from tests.support.admin.pages import confirmed
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.protected_resources import BILLING, make_resource

pytestmark = pytest.mark.django_db

LIST = "/admin/oauth_mcp/protectedresource/"
FORM = {"identifier": BILLING, "name": "Billing", "token_format": "opaque", "token_lifetime": "5"}


@pytest.fixture
def operator(db: None) -> Browser:
    return sign_in(make_user("root", is_staff=True, is_superuser=True))


def test_the_secret_is_shown_once_beside_the_metadata(operator: Browser) -> None:
    form = {**FORM, "scope": ["read"]}
    page = operator.post(f"{LIST}add/", form, follow=True).text
    row = ProtectedResource.objects.get()
    assert "Copy it now" in page
    assert row.client_id in page
    assert "/.well-known/oauth-protected-resource/mcp" in page
    assert "Copy it now" not in operator.get(f"{LIST}{row.pk}/change/").text


@pytest.mark.parametrize("path", ["act/switch_off/", "delete/"])
def test_tokens_end_with_the_resource(operator: Browser, app: App, path: str) -> None:
    billing = make_resource()
    app.connect(resource=BILLING)
    confirmed(operator, f"{LIST}{billing.row.pk}/{path}", {"post": "yes"})
    assert Authorization.objects.get().revoked_at is not None
    assert Event.objects.filter(reason="resource_ended").count() == 1


def test_the_form_of_tokens_is_chosen_with_the_scopes_of_the_resource(operator: Browser) -> None:
    form = {**FORM, "token_format": "jwt", "token_lifetime": "7", "own_scopes": "invoices.read Read your invoices"}
    page = operator.post(f"{LIST}add/", form, follow=True).text
    row = ProtectedResource.objects.get()
    assert (row.token_format, row.token_lifetime) == ("jwt", 7)
    assert row.described_scopes == {"invoices.read": "Read your invoices"}
    assert "http://localhost/oauth/jwks" in page
    assert "&quot;invoices.read&quot;" in page


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"token_lifetime": "31"}, "Enter at most 30 minutes"),
        ({"token_lifetime": "0"}, "greater than or equal to 1"),
        ({"own_scopes": "invoices.read"}, "Describe the scope invoices.read"),
        ({"identifier": "http://localhost/mcp/"}, "always opaque"),
    ],
)
def test_what_cannot_be_is_refused(operator: Browser, changes: dict[str, str], wrong: str) -> None:
    assert wrong in operator.post(f"{LIST}add/", {**FORM, "token_format": "jwt", **changes}).text
    assert not ProtectedResource.objects.exists()


def test_the_list_counts_connections_without_a_query_for_each_resource(
    operator: Browser, app: App, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        make_resource(f"https://other-{number}.example.com", f"Other {number}")
    make_resource()
    app.connect(resource=BILLING)
    with django_assert_max_num_queries(9):
        page = operator.get(LIST).text
    assert [page.count(f'"field-live_authorizations">{number}<') for number in (0, 1)] == [12, 1]

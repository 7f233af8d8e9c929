"""Admin of protected resources: the secret that is shown once, and the end of a resource's tokens."""

import pytest
from django.test import Client as Browser

from accounts.models import Authorization, Event, ProtectedResource
from tests.support.admin_pages import confirmed
from tests.support.factories import make_user
from tests.support.flows import App, sign_in
from tests.support.oauth.protected_resources import BILLING, make_resource

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/protectedresource/"


@pytest.fixture
def operator(db: None) -> Browser:
    return sign_in(make_user("root", is_staff=True, is_superuser=True))


def test_the_secret_is_shown_once_beside_the_metadata(operator: Browser) -> None:
    form = {"identifier": BILLING, "name": "Billing", "scope": ["read"]}
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

"""The state that admin's lists show for each row, and the filter by state."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import AccessToken, Authorization, Client, Grant, RefreshToken, User
from tests.support.admin.pages import url
from tests.support.factories import make_grant, make_tokens

pytestmark = pytest.mark.django_db


class TestStates:
    def state(self, browser: Browser, model: str) -> str:
        (row,) = browser.get(url(f"{model}_changelist")).context["cl"].result_list
        assert [row] == list(browser.get(url(f"{model}_changelist") + f"?state={row.state}").context["cl"].result_list)
        return row.state

    def states(self, browser: Browser) -> tuple[str, ...]:
        return tuple(self.state(browser, model) for model in ("authorization", "accesstoken", "refreshtoken", "grant"))

    @pytest.fixture(autouse=True)
    def issued(self, authorization):
        make_tokens(authorization)
        make_grant(authorization)

    def test_live(self, admin_client):
        assert self.states(admin_client) == ("live",) * 4
        assert self.state(admin_client, "consent") == "live"
        assert self.state(admin_client, "client") == "active"

    def test_revoked(self, admin_client):
        Authorization.objects.update(revoked_at=timezone.now())
        assert self.states(admin_client) == ("revoked",) * 4
        assert self.state(admin_client, "consent") == "ended"

    def test_suspended_with_the_client(self, admin_client):
        Client.objects.update(suspended_at=timezone.now())
        assert self.states(admin_client) == ("suspended",) * 4
        assert self.state(admin_client, "consent") == "ended"
        assert self.state(admin_client, "client") == "suspended"

    def test_suspended_until_the_client_is_approved(self, admin_client):
        Client.objects.update(approved_at=None)
        assert self.states(admin_client) == ("suspended",) * 4
        assert self.state(admin_client, "consent") == "ended"
        assert self.state(admin_client, "client") == "waiting"

    def test_suspended_with_the_person(self, admin_client):
        User.objects.filter(username="ada").update(is_active=False)
        assert self.states(admin_client) == ("suspended",) * 4

    def test_expired_with_the_authorization(self, admin_client):
        Authorization.objects.update(expires_at=timezone.now())
        assert self.states(admin_client) == ("expired",) * 4

    def test_expired_by_themselves(self, admin_client, settings):
        long_ago = timezone.now() - timedelta(days=settings.REFRESH_TOKEN_EXPIRE_DAYS)
        AccessToken.objects.update(expires=timezone.now())
        Grant.objects.update(expires=timezone.now())
        RefreshToken.objects.update(created=long_ago)
        assert self.states(admin_client) == ("live", "expired", "expired", "expired")

    def test_spent(self, admin_client):
        Grant.objects.update(redeemed_at=timezone.now())
        RefreshToken.objects.update(revoked=timezone.now())
        assert self.states(admin_client) == ("live", "live", "superseded", "redeemed")

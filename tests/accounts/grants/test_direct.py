"""A grant that needs no code plugs in by one class: it decides, and the server writes the rows and the response."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.crypto.token_values import checksum
from accounts.grants import server
from accounts.grants.direct.grant import Decision, DirectGrant
from accounts.models import AccessToken, Authorization, Client, Consent, Event, RefreshToken, User
from accounts.oauth.token import TokenView
from tests.support.factories import make_user
from tests.support.flows import RESOURCE, App, post_token

pytestmark = pytest.mark.django_db


class SampleGrant(DirectGrant):
    """Grants what the test decides, to one person."""

    grant_type = "urn:example:sample"
    decision: Decision
    redeemed: list[str]
    refusal: errors.OAuth2Error | None = None

    def decide(self, request: Request) -> Decision:
        return self.decision

    def redeem(self, request: Request, decision: Decision) -> None:
        self.redeemed.append(decision.origin)
        if self.refusal is not None:
            raise self.refusal


@pytest.fixture
def sample(person: User, app: App, monkeypatch: pytest.MonkeyPatch) -> type[SampleGrant]:
    Client.objects.update(grant_types=SampleGrant.grant_type)
    granted = Decision(user=person, scope=["read"], origin=Authorization.Origin.WORKLOAD)
    grant = type("Sample", (SampleGrant,), {"decision": granted, "redeemed": []})
    monkeypatch.setattr(server, "DIRECT_GRANTS", (grant,))
    # The toolkit keeps the server of a view.
    fresh = TokenView.get_oauthlib_backend_class()(TokenView.get_server())
    monkeypatch.setattr(TokenView, "_oauthlib_core", fresh, raising=False)
    return grant


def ask(app: App, **changes: Any) -> Any:
    return post_token({"grant_type": SampleGrant.grant_type, **app.credentials, **changes})


def nothing_issued() -> bool:
    return not (AccessToken.objects.exists() or Authorization.objects.exists() or Consent.objects.exists())


def test_decision_becomes_an_authorization_with_its_origin_and_a_token(
    sample: type[SampleGrant], app: App, person: User
) -> None:
    answer = ask(app).json()
    token = AccessToken.objects.get(token_checksum=checksum(answer["access_token"]))
    assert (answer["scope"], answer["token_type"], answer["expires_in"]) == ("read", "Bearer", 1800)
    assert (token.user, token.authorization.origin, token.resource) == (person, "workload", [RESOURCE])
    assert ("refresh_token" in answer, RefreshToken.objects.exists()) == (False, False)
    assert Event.objects.get(kind=Event.Kind.TOKEN).action == SampleGrant.grant_type


def test_lifetime_of_the_token_can_only_be_shortened(sample: type[SampleGrant], app: App, person: User) -> None:
    short, long = (
        Decision(user=person, scope=["read"], origin=Authorization.Origin.WORKLOAD, lifetime=timedelta(minutes=minutes))
        for minutes in (5, 500)
    )
    sample.decision = short
    assert ask(app).json()["expires_in"] == 300
    sample.decision = long
    assert ask(app).json()["expires_in"] == 1800


def test_token_ends_with_its_authorization(sample: type[SampleGrant], app: App, person: User) -> None:
    ends_at = timezone.now() + timedelta(seconds=90)
    sample.decision = Decision(user=person, scope=["read"], origin=Authorization.Origin.WORKLOAD, ends_at=ends_at)
    assert ask(app).json()["expires_in"] == 90
    assert Authorization.objects.get().expires_at == ends_at


def test_refusal_at_the_redemption_writes_nothing(sample: type[SampleGrant], app: App) -> None:
    sample.refusal = errors.InvalidGrantError(description="It was used before.")
    answer = ask(app)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (sample.redeemed, nothing_issued()) == (["workload"], True)


def test_client_that_does_not_authenticate_is_refused_before_the_decision(sample: type[SampleGrant], app: App) -> None:
    assert ask(app, client_secret="wrong").json()["error"] == "invalid_client"
    assert (sample.redeemed, nothing_issued()) == ([], True)


def test_client_without_that_grant_type_is_refused(sample: type[SampleGrant], app: App) -> None:
    Client.objects.update(grant_types="authorization_code refresh_token")
    answer = ask(app)
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    assert (sample.redeemed, nothing_issued()) == ([], True)


def test_suspended_client_is_refused(sample: type[SampleGrant], app: App) -> None:
    Client.objects.update(suspended_at=timezone.now())
    assert ask(app).json()["error"] == "unauthorized_client"
    assert nothing_issued()


def test_another_resource_is_refused(sample: type[SampleGrant], app: App) -> None:
    assert ask(app, resource="https://other.example.com/mcp").json()["error"] == "invalid_target"
    assert nothing_issued()


def test_consent_that_the_person_gave_in_a_browser_is_kept(sample: type[SampleGrant], app: App, person: User) -> None:
    given = Consent.objects.create(user=person, client=app.row, scope="read write")
    ask(app)
    given.refresh_from_db()
    assert (given.scope, Authorization.objects.get().consent) == ("read write", given)


@pytest.mark.django_db(transaction=True)
def test_person_who_is_deleted_meanwhile_ends_in_an_invalid_grant(sample: type[SampleGrant], app: App) -> None:
    gone = make_user()
    sample.decision = Decision(user=gone, scope=["read"], origin=Authorization.Origin.WORKLOAD)
    User.objects.filter(pk=gone.pk).delete()
    assert ask(app).json()["error"] == "invalid_grant"
    assert nothing_issued()

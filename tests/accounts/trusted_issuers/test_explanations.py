"""Each refusal of an assertion, and each end of its tokens, has an explanation, and a metric of its own."""

import re
from pathlib import Path

import pytest

from accounts import trusted_issuers
from accounts.diagnosis.explanations import EXPLANATIONS
from accounts.metrics import TOKEN_ERRORS
from accounts.models import Authorization, Event, TrustedIssuer, UsedAssertion, User
from accounts.pruning import RETENTION_RULES
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import Signer, present

SOURCES = [path.read_text() for path in Path(str(trusted_issuers.__file__)).parent.glob("*.py")]


def test_every_reason_is_explained_and_counted() -> None:
    reasons = {reason for text in SOURCES for reason in re.findall(r'AssertionRefused\("(\w+)"', text)}
    assert {"untrusted_issuer", "used_assertion"} < reasons
    assert reasons - EXPLANATIONS.keys() == set()
    assert reasons - TOKEN_ERRORS == set()
    assert {"issuer_changed", "issuer_ended", "issuer_keys_refused"} < EXPLANATIONS.keys()


@pytest.mark.django_db
def test_no_event_or_row_holds_the_assertion(acme: Signer, app: App, issuer: TrustedIssuer, person: User) -> None:
    assertion = acme.id_jag(app)
    present(app, assertion)
    present(app, assertion)
    written = [str(row) for model in (Event, UsedAssertion, Authorization) for row in model.objects.values()]
    assert not any(part in row for row in written for part in assertion.split("."))


@pytest.mark.django_db
def test_used_assertions_are_deleted_when_they_have_expired(acme: Signer, app: App, issuer: TrustedIssuer) -> None:
    [rule] = [each for each in RETENTION_RULES if each.name == "assertions of trusted issuers"]
    present(app, acme.id_jag(app))
    assert rule.count() == 0
    UsedAssertion.objects.update(expires_at="2020-01-01T00:00Z")
    assert rule.count() == 1

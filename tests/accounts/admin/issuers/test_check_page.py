"""The page *Check an assertion*: which step fails, whom the assertion is about, and which rule matches."""

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import UsedAssertion, User, WorkloadRule
from tests.support.admin.staff import every_permission_but
from tests.support.factories import make_user
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import GITHUB, Signer, list_subject, present, trust

pytestmark = pytest.mark.django_db

LIST = "/admin/oauth_mcp/trustedissuer/"


def test_check_shows_that_an_assertion_would_be_accepted_and_uses_nothing_up(
    operator: Browser, acme: Signer, app: App, person: User
) -> None:
    list_subject(trust(acme, app), person)
    assertion = acme.id_jag(app)
    page = operator.post(f"{LIST}check/", {"assertion": assertion}).text
    assert "This server would accept this assertion" in page
    assert "listed by the operator" in page
    assert assertion not in page
    assert not UsedAssertion.objects.exists()
    assert present(app, assertion).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"aud": "https://other.example"}, "Its aud must be http://localhost alone."),
        ({"exp": 1}, "Signature has expired"),
        ({"iss": "https://idp.other.example"}, "does not trust https://idp.other.example"),
        ({"client_id": "x"}, "The operator did not choose this client"),
        ({"sub": "nobody"}, "is no person of this server"),
        ({"sub": "nobody"}, "the subject nobody among the people of this issuer"),
        ({"sub": ["x"]}, "sub must be a text"),
        ({"exp": "x", "aud": None, "client_id": None, "jti": {}}, "exp must be a number"),
    ],
)
def test_check_names_the_step_that_fails(
    operator: Browser, acme: Signer, app: App, person: User, changes: dict[str, Any], sentence: str
) -> None:
    list_subject(trust(acme, app), person)
    page = operator.post(f"{LIST}check/", {"assertion": acme.id_jag(app, **changes)}).text
    assert "This server would refuse this assertion" in page
    assert sentence in page


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 9000, "\x00", "e30.e30.e30", "<script>alert(1)</script>"])
def test_check_of_something_else_is_no_server_error(operator: Browser, text: str) -> None:
    page = operator.post(f"{LIST}check/", {"assertion": text})
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.text


def test_check_compares_a_workload_with_each_rule(operator: Browser, app: App, db: None) -> None:
    robot, github = make_user("deployer", is_service=True), Signer(GITHUB)
    row = trust(github, app, use="workload", name="GitHub")
    WorkloadRule.objects.create(issuer=row, claims={"repository": "acme/app", "ref": "refs/heads/main"}, user=robot)
    assertion = github.workload(repository="acme/app", ref="refs/pull/1/merge")
    page = operator.post(f"{LIST}check/", {"assertion": assertion}).text
    assert "does not match" in page
    assert "refs/pull/1/merge" in page
    assert "No rule of this server matches" in page


def test_check_shows_claims_that_cannot_be_encoded(operator: Browser, app: App) -> None:
    github = Signer(GITHUB)
    row = trust(github, app, use="workload")
    WorkloadRule.objects.create(issuer=row, claims={"sub": "a"}, user=make_user("ci", is_service=True))
    page = operator.post(f"{LIST}check/", {"assertion": github.workload(sub="\ud800")})
    assert page.status_code == 200
    assert "\\ud800" in page.text


def test_check_needs_the_permission_to_view_issuers(operator: Browser) -> None:
    assert operator.get(f"{LIST}check/").status_code == 200
    assert every_permission_but("view_trustedissuer", "change_trustedissuer").get(f"{LIST}check/").status_code == 403

"""Tokens of workloads: CI jobs of GitHub, and service accounts of Kubernetes."""

from typing import Any

import pytest

from accounts.models import AccessToken, Event, TrustedIssuer, UsedAssertion, User, WorkloadRule
from accounts.trusted_issuers.workloads import problem_of
from tests.support.factories import make_user
from tests.support.flows import App
from tests.support.oauth.trusted_issuers import GITHUB, Signer, is_refused, present, trust

pytestmark = pytest.mark.django_db

CLUSTER = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"
# The claims of a job's token, as GitHub documents them.
JOB = {
    "sub": "repo:acme/app:environment:prod",
    "environment": "prod",
    "ref": "refs/heads/main",
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "repository": "acme/app",
    "repository_owner": "acme",
    "actor_id": "12",
    "repository_visibility": "private",
    "repository_id": "74",
    "repository_owner_id": "65",
    "run_id": "1",
    "run_number": "10",
    "run_attempt": "2",
    "runner_environment": "github-hosted",
    "actor": "octocat",
    "workflow": "deploy",
    "head_ref": "",
    "base_ref": "",
    "event_name": "push",
    "ref_type": "branch",
    "job_workflow_ref": "acme/automation/.github/workflows/oidc.yml@refs/heads/main",
}
# The claims of a projected service account token, whose `aud` is always an array.
POD = {
    "aud": ["http://localhost"],
    "jti": None,
    "kubernetes.io": {
        "namespace": "prod",
        "node": {"name": "node-1", "uid": "646e7c5e"},
        "pod": {"name": "agent-69cbfb9798-jv9gn", "uid": "778a530c"},
        "serviceaccount": {"name": "agent", "uid": "14ee3fa4"},
    },
    "sub": "system:serviceaccount:prod:agent",
}


@pytest.fixture
def robot(db: None) -> User:
    return make_user("deployer", is_service=True)


@pytest.fixture
def github() -> Signer:
    return Signer(GITHUB)


@pytest.fixture
def runner(db: None) -> App:
    """A public client: the assertion is what proves the workload."""
    return App(App.by_hand(token_endpoint_auth_method="none").client_id)


@pytest.fixture
def row(github: Signer, runner: App) -> TrustedIssuer:
    return trust(github, runner, use="workload", name="GitHub")


@pytest.fixture
def rule(row: TrustedIssuer, robot: User) -> WorkloadRule:
    claims = {"repository": "acme/app", "ref": "refs/heads/main"}
    return WorkloadRule.objects.create(issuer=row, claims=claims, user=robot, scope="read")


def test_job_acts_as_the_service_person_of_its_rule(
    github: Signer, runner: App, rule: WorkloadRule, robot: User
) -> None:
    answer = present(runner, github.workload(**JOB)).json()
    token = AccessToken.objects.get()
    assert (answer["scope"], token.user) == ("read", robot)
    assert (token.authorization.origin, token.authorization.issuer) == ("workload", rule.issuer)
    assert Event.objects.get(kind=Event.Kind.TOKEN).user_id == robot.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "acme/other"},
        {"repository": "acme/app2"},
        {"repository": "Acme/app"},
        {"repository": None},
        {"repository": ["acme/app"]},
        {"repository": {"acme/app": 1}},
        {"ref": "refs/heads/main2"},
        {"ref": True},
        {"ref": "refs/pull/1/merge"},
    ],
)
def test_job_that_no_rule_matches_is_refused(
    github: Signer, runner: App, rule: WorkloadRule, changes: dict[str, Any]
) -> None:
    assert is_refused(present(runner, github.workload(**{**JOB, **changes})))
    assert Event.objects.get(outcome="refused").reason == "unmatched_workload"


def test_first_rule_that_matches_decides(github: Signer, runner: App, rule: WorkloadRule, robot: User) -> None:
    other = make_user("other", is_service=True)
    WorkloadRule.objects.create(issuer=rule.issuer, claims={"repository": "acme/app"}, user=other)
    present(runner, github.workload(**JOB))
    assert AccessToken.objects.latest("pk").user == robot
    present(runner, github.workload(**{**JOB, "ref": "refs/heads/feature"}))
    assert AccessToken.objects.latest("pk").user == other


def test_star_at_the_end_stands_for_the_rest(github: Signer, runner: App, row: TrustedIssuer, robot: User) -> None:
    claims = {"repository": "acme/app", "ref": "refs/tags/*"}
    WorkloadRule.objects.create(issuer=row, claims=claims, user=robot)
    assert present(runner, github.workload(**{**JOB, "ref": "refs/tags/v1"})).status_code == 200
    again = present(runner, github.workload(**{**JOB, "ref": "refs/heads/refs/tags/v1"}))
    assert again.json()["error"] == "invalid_grant"


def test_job_that_revokes_its_token_leaves_those_of_other_jobs(github: Signer, runner: App, rule: WorkloadRule) -> None:
    for _ in range(2):
        newest = present(runner, github.workload(**JOB)).json()["access_token"]
    assert runner.revoke(newest).status_code == 200
    one, other = AccessToken.objects.order_by("pk")
    assert (one.is_expired(), other.is_expired()) == (False, True)
    assert one.authorization.is_live


@pytest.mark.parametrize(
    "claims",
    [{}, {"ref": "refs/heads/main"}, {"repository": "acme/*"}, {"sub": "*"}, {"repository": ""}, {"actor": "octocat"}],
)
def test_rule_that_would_admit_others_of_a_shared_issuer_cannot_be_made(claims: dict[str, str]) -> None:
    assert problem_of(claims)


@pytest.mark.parametrize("claims", [{"repository": "acme/app"}, {"sub": "x", "ref": "*"}, {"repository_id": "74"}])
def test_rule_names_one_workload(claims: dict[str, str]) -> None:
    assert problem_of(claims) == ""


def test_row_of_a_rule_without_claims_matches_nothing(
    github: Signer, runner: App, row: TrustedIssuer, robot: User
) -> None:
    WorkloadRule.objects.create(issuer=row, claims={}, user=robot)
    assert is_refused(present(runner, github.workload(**JOB)))


def test_pod_presents_its_token_until_it_expires(runner: App, robot: User) -> None:
    cluster = Signer(CLUSTER)
    row = trust(cluster, runner, use="workload", name="Cluster", once=False)
    WorkloadRule.objects.create(issuer=row, claims={"sub": POD["sub"]}, user=robot)
    token = cluster.workload(**POD)
    assert [present(runner, token).status_code for _ in range(3)] == [200] * 3
    assert not UsedAssertion.objects.exists()


def test_token_without_an_id_counts_once_too(runner: App, robot: User) -> None:
    cluster = Signer(CLUSTER)
    row = trust(cluster, runner, use="workload", name="Cluster")
    WorkloadRule.objects.create(issuer=row, claims={"sub": POD["sub"]}, user=robot)
    token = cluster.workload(**POD)
    assert [present(runner, token).status_code for _ in range(3)] == [200, 400, 400]
    header, claims, signature = token.split(".")
    assert present(runner, f"{header}.{claims}.{signature}==").status_code == 400


def test_audience_of_the_issuer_is_the_only_one(github: Signer, runner: App, rule: WorkloadRule) -> None:
    TrustedIssuer.objects.update(audience="api://mcp")
    assert is_refused(present(runner, github.workload(**JOB)))
    assert present(runner, github.workload(**JOB, aud="api://mcp")).status_code == 200


def test_token_endpoint_is_an_audience(github: Signer, runner: App, rule: WorkloadRule) -> None:
    """RFC 7523 section 3: "The token endpoint URL of the authorization server MAY be used"."""
    assert present(runner, github.workload(**JOB, aud="http://localhost/oauth/token")).status_code == 200


def test_lifetime_of_the_rule_shortens_the_token(github: Signer, runner: App, rule: WorkloadRule) -> None:
    WorkloadRule.objects.update(minutes=5)
    assert present(runner, github.workload(**JOB)).json()["expires_in"] == 300


def test_scope_is_within_the_rule_and_the_issuer(github: Signer, runner: App, rule: WorkloadRule) -> None:
    WorkloadRule.objects.update(scope="read write")
    assert present(runner, github.workload(**JOB)).json()["scope"] == "read write"
    TrustedIssuer.objects.update(scope="write")
    assert present(runner, github.workload(**JOB)).json()["scope"] == "write"
    assert present(runner, github.workload(**JOB), scope="read").json()["error"] == "invalid_scope"


def test_issuer_of_workloads_cannot_speak_for_people(github: Signer, runner: App, rule: WorkloadRule) -> None:
    assert is_refused(present(runner, github.id_jag(runner)))
    assert Event.objects.get(outcome="refused").reason == "untrusted_issuer"


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_service": False}])
def test_suspended_service_person_is_refused(
    github: Signer, runner: App, rule: WorkloadRule, robot: User, change: dict[str, bool]
) -> None:
    User.objects.filter(pk=robot.pk).update(**change)
    assert is_refused(present(runner, github.workload(**JOB)))


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "dpop+jwt", 1, ["JWT"]])
def test_other_tokens_of_the_issuer_are_no_assertions(
    github: Signer, runner: App, rule: WorkloadRule, typ: object
) -> None:
    """RFC 8725 section 3.11: "Use Explicit Typing"."""
    signed = github.sign({**github.times(), **JOB}, typ=typ)
    assert is_refused(present(runner, signed))

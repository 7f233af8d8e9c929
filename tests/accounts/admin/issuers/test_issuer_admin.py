"""Admin of trusted issuers: only superusers change them, and each change ends what was issued before."""

import json
import re
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.admin.issuers.issuer_admin import NO_CLIENTS
from accounts.admin_base.confirmation import digest_of_action
from accounts.models import Authorization, Event, TrustedIssuer, User, WorkloadRule
from tests.support.admin.staff import every_permission_but
from tests.support.factories import make_user
from tests.support.flows import App
from tests.support.oauth.machines import make_machine
from tests.support.oauth.protected_resources import BILLING, make_resource
from tests.support.oauth.trusted_issuers import ACME, GITHUB, Signer, list_subject, present, trust

pytestmark = pytest.mark.django_db

LIST = "/admin/oauth_mcp/trustedissuer/"


def fields_of(signer: Signer, app: App, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Acme",
        "issuer": signer.issuer,
        "use": "id_jag",
        "jwks_uri": "",
        "jwks": json.dumps(signer.jwks),
        "algorithms": ["ES256"],
        "clients": [app.row.pk],
        "scope": ["read", "write"],
        "match": "listed",
        "most_people": 1000,
        "once": "on",
        **changes,
    }


def inline(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    form = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return form | {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}


def errors_in(page: str) -> list[str]:
    return re.findall(r'<ul class="errorlist[^>]*><li>(.*?)</li>', page)


def test_issuer_is_added_with_its_client_and_a_person(operator: Browser, acme: Signer, app: App, person: User) -> None:
    answer = operator.post(f"{LIST}add/", fields_of(acme, app))
    assert answer.status_code == 302, errors_in(answer.text)
    row = TrustedIssuer.objects.get()
    subject = {"subject": "U019488227", "user": person.pk}
    page = operator.post(f"{LIST}{row.pk}/change/", fields_of(acme, app) | inline("subjects", subject))
    assert page.status_code == 302, errors_in(page.text)
    assert present(app, acme.id_jag(app)).status_code == 200
    assert Event.objects.filter(kind="admin", action="added trusted issuer").count() == 1


def test_new_issuer_has_no_connections_yet(operator: Browser) -> None:
    make_machine().token()
    page = operator.get(f"{LIST}add/").text
    assert "Connections" not in page
    assert "State:" not in page


def test_subjects_or_rules_are_entered_on_the_next_page(operator: Browser, acme: Signer, app: App) -> None:
    answer = operator.post(f"{LIST}add/", fields_of(acme, app), follow=True)
    assert answer.redirect_chain == [(f"{LIST}{TrustedIssuer.objects.get().pk}/change/", 302)]
    assert "Add another Person" in answer.text or "subjects-TOTAL_FORMS" in answer.text
    assert str(NO_CLIENTS) not in answer.text


def test_issuer_without_a_client_is_pointed_out(operator: Browser, acme: Signer, app: App) -> None:
    answer = operator.post(f"{LIST}add/", fields_of(acme, app, clients=[]), follow=True)
    assert str(NO_CLIENTS) in answer.text


def test_issuer_that_was_not_changed_keeps_its_tokens(operator: Browser, acme: Signer, app: App, person: User) -> None:
    operator.post(f"{LIST}add/", fields_of(acme, app))
    row = TrustedIssuer.objects.get()
    list_subject(row, person)
    present(app, acme.id_jag(app))
    form = fields_of(acme, app, name="Acme Inc.") | inline("subjects")
    assert operator.post(f"{LIST}{row.pk}/change/", form).status_code == 302
    assert Authorization.objects.get().is_live
    operator.post(f"{LIST}{row.pk}/change/", form | {"scope": ["read"]})
    assert not Authorization.objects.get().is_live


def test_rule_of_a_workload_is_written_one_claim_a_line(operator: Browser, app: App, db: None) -> None:
    robot, github = make_user("ci", is_service=True), Signer(GITHUB)
    row = trust(github, app, use="workload", name="GitHub")
    rule = {"claims": "repository: acme/app\nref: refs/heads/*\n", "user": robot.pk, "scope": ["read"]}
    answer = operator.post(f"{LIST}{row.pk}/change/", fields_of(github, app, name="GitHub") | inline("rules", rule))
    assert answer.status_code == 302, errors_in(answer.text)
    assert WorkloadRule.objects.get().claims == {"repository": "acme/app", "ref": "refs/heads/*"}
    page = operator.get(f"{LIST}{row.pk}/change/").text
    assert "ref: refs/heads/*\nrepository: acme/app" in page


def test_rule_that_was_not_changed_keeps_its_tokens(operator: Browser, app: App, db: None) -> None:
    robot, github = make_user("ci", is_service=True), Signer(GITHUB)
    row = trust(github, app, use="workload", name="GitHub")
    rule = WorkloadRule.objects.create(issuer=row, claims={"repository": "acme/app", "ref": "main"}, user=robot)
    present(app, github.workload(repository="acme/app", ref="main"))
    shown = {"id": rule.pk, "issuer": row.pk, "claims": "ref: main\r\nrepository: acme/app", "user": robot.pk}
    form = fields_of(github, app, name="Renamed") | inline("rules", {**shown, "scope": ["read"]}, initial=1)
    answer = operator.post(f"{LIST}{row.pk}/change/", form)
    assert answer.status_code == 302, errors_in(answer.text)
    assert TrustedIssuer.objects.get().name == "Renamed"
    assert Authorization.objects.get().is_live
    operator.post(f"{LIST}{row.pk}/change/", form | {"rules-0-claims": "repository: acme/app"})
    assert not Authorization.objects.get().is_live


@pytest.mark.parametrize("claims", ["ref: refs/heads/main", "repository", "repository acme/app", ": a", "sub: *", ""])
def test_rule_that_is_too_wide_or_unreadable_is_refused(operator: Browser, app: App, claims: str) -> None:
    robot, github = make_user("ci", is_service=True), Signer(GITHUB)
    row = trust(github, app, use="workload", name="GitHub")
    rule = {"claims": claims, "user": robot.pk, "scope": ["read"]}
    answer = operator.post(f"{LIST}{row.pk}/change/", fields_of(github, app) | inline("rules", rule))
    assert answer.status_code == 200
    assert errors_in(answer.text)


def test_rule_is_for_a_service_person_and_a_subject_for_a_person(operator: Browser, app: App, person: User) -> None:
    robot, github, acme = make_user("ci", is_service=True), Signer(GITHUB), Signer()
    row = trust(github, app, use="workload", name="GitHub")
    rule = {"claims": "repository: acme/app", "user": person.pk, "scope": ["read"]}
    answer = operator.post(f"{LIST}{row.pk}/change/", fields_of(github, app) | inline("rules", rule))
    assert (answer.status_code, WorkloadRule.objects.count()) == (200, 0)
    other = trust(acme, app)
    subject = {"subject": "x", "user": robot.pk}
    answer = operator.post(f"{LIST}{other.pk}/change/", fields_of(acme, app) | inline("subjects", subject))
    assert (answer.status_code, other.subjects.count()) == (200, 0)


WRONG: dict[str, dict[str, Any]] = {
    "neither keys nor their address": {"jwks": ""},
    "both": {"jwks_uri": "https://idp.acme.example/jwks"},
    "keys at a plain address": {"jwks": "", "jwks_uri": "http://idp.acme.example/jwks"},
    "no JSON": {"jwks": "keys"},
    "a list": {"jwks": "[]"},
    "deep JSON": {"jwks": "[" * 20_000},
    "no key": {"jwks": '{"keys": []}'},
    "a shared secret": {"jwks": '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'},
    "no algorithm": {"algorithms": []},
    "a shared algorithm": {"algorithms": ["HS256"]},
    "no signature": {"algorithms": ["none"]},
    "no scope": {"scope": []},
    "an unknown scope": {"scope": ["root"]},
    "no address": {"issuer": "acme"},
    "an address with a space": {"issuer": "https://idp.acme.example/ x"},
    "accounts of another provider": {"match": "account"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_issuer_that_could_not_be_verified_is_refused(
    operator: Browser, acme: Signer, app: App, changes: dict[str, Any]
) -> None:
    answer = operator.post(f"{LIST}add/", fields_of(acme, app, **changes))
    assert answer.status_code == 200
    assert errors_in(answer.text)
    assert not TrustedIssuer.objects.exists()


def test_private_parts_of_a_pasted_key_are_not_stored(operator: Browser, acme: Signer, app: App) -> None:
    private = {"keys": [{**acme.prover.private_jwk, "kid": "one"}]}
    operator.post(f"{LIST}add/", fields_of(acme, app, jwks=json.dumps(private)))
    assert '"d"' not in json.dumps(TrustedIssuer.objects.get().jwks)


@pytest.mark.parametrize("path", ["{pk}/act/switch_off/", "{pk}/delete/", "?bulk=switch_off", "?bulk=delete_selected"])
def test_tokens_end_with_the_issuer(operator: Browser, acme: Signer, app: App, person: User, path: str) -> None:
    row = trust(acme, app)
    list_subject(row, person)
    present(app, acme.id_jag(app))
    _, _, bulk = path.partition("?bulk=")
    shown = digest_of_action("switch_off", [row.pk])
    form = {"post": "yes", "shown": shown, **({"action": bulk, "_selected_action": [row.pk]} if bulk else {})}
    operator.post(LIST if bulk else LIST + path.format(pk=row.pk), form)
    assert Authorization.objects.get().revoked_at is not None
    assert Event.objects.filter(reason="issuer_ended").count() == 1


def test_only_superusers_change_issuers(acme: Signer, app: App) -> None:
    row = trust(acme, app)
    staff = every_permission_but()
    assert staff.get(LIST).status_code == 200
    for path in ("add/", f"{row.pk}/delete/", f"{row.pk}/act/switch_off/"):
        assert staff.post(LIST + path, fields_of(acme, app)).status_code == 403, path
    staff.post(f"{LIST}{row.pk}/change/", fields_of(acme, app, name="Evil"))
    staff.post(LIST, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    staff.post(LIST, {"action": "switch_off", "_selected_action": [row.pk]})
    assert TrustedIssuer.objects.get().name == "Acme"
    assert TrustedIssuer.objects.get().is_active


def test_resources_of_an_issuer_are_protected_resources(operator: Browser, acme: Signer, app: App) -> None:
    make_resource()
    operator.post(f"{LIST}add/", fields_of(acme, app, resources=[BILLING]))
    assert TrustedIssuer.objects.get().resources == BILLING
    assert ACME in operator.get(LIST).text

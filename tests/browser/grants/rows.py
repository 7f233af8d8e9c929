"""Rows for the pages about grants, as a server in use has them: several of each kind, and with long names."""

import json
import time
from typing import Any

import jwt
from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.client_credentials.secrets import generate
from accounts.diagnosis.explanations import EXPLANATIONS
from accounts.models import (
    AllowedExchange,
    Authorization,
    Client,
    Event,
    IssuerSubject,
    ProtectedResource,
    ServiceAccess,
    TrustedIssuer,
    UsedAssertion,
    User,
    WorkloadRule,
)
from accounts.models.device_codes import ENTERED, ISSUED
from accounts.signing import keys as signing_keys
from accounts.trusted_issuers.assertions import Presented
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.oauth.devices import DEVICE_CODE
from tests.support.oauth.dpop import Prover
from tests.support.oauth.trusted_issuers import JWT_BEARER, Signer

LONG = "Consolidated Invoicing and Accounts Receivable of the North-Western Regional Headquarters"
BILLING = "https://consolidated-invoicing.north-western-region.example.com/mcp"
LEDGER = "https://ledger.example.com/mcp"
ACME, GITHUB = "https://identity.acme-international-holdings.example", "https://token.actions.githubusercontent.com"
OWN_SCOPES = "invoices.read Read your invoices\ninvoices.write Send invoices in your name, and cancel those not paid"
JOB = {"repository": "acme-international-holdings/deployment-automation", "ref": "refs/heads/main"}
# Reasons of the grants; each is one attempt that failed.
REASONS = (
    *("unknown_user_code", "expired_device_code", "too_many_user_codes", "unauthorized_client", "invalid_target"),
    *("untrusted_issuer", "invalid_assertion", "used_assertion", "issuer_client", "unknown_subject"),
    *("unmatched_workload", "issuer_keys_refused", "exchange_refused", "introspection_refused"),
    *("invalid_dpop_proof", "use_dpop_nonce", "service_person", "invalid_scope"),
)


def make() -> str:
    """Make the rows. Returns JSON: the primary keys of what has a page, and the assertions to check by their state."""
    demo = User.objects.get(username="demo")
    EmailAddress.objects.create(user=demo, email="demo@example.com", verified=True, primary=True)
    EmailAddress.objects.create(user=demo, email="a.very.long.name.of.a.person@north-western-region.example.com")
    billing, ledger = _make_resources()
    machine, robot = _make_machine(billing)
    signer, clerk = Signer(ACME), make_client(name="Clerk", redirect_uris="https://clerk.example.com/cb")
    issuer = _make_issuer(signer, clerk, demo)
    jobs, runner = _make_workloads(robot)
    _make_lookalikes()
    exchanged = _connect(demo, clerk, issuer)
    events = [_make_event(reason, number, machine, robot) for number, reason in enumerate(REASONS)]
    _make_device_events(demo)
    pages = [machine, robot, billing, ledger, issuer, jobs, exchanged, signing_keys.current(), events[0], events[-1]]
    pages += [ServiceAccess.objects.get(), Client.objects.get(name="Night desk")]
    paths = [f"{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/" for row in pages]
    return json.dumps({"pages": paths, "assertions": _assertions(signer, clerk, runner, issuer)})


def _make_resources() -> tuple[ProtectedResource, ProtectedResource]:
    fields = {"scope": "read write", "own_scopes": OWN_SCOPES, "token_format": "jwt"}
    billing = ProtectedResource(identifier=BILLING, name=LONG, **fields)
    ledger = ProtectedResource(identifier=LEDGER, name="Ledger", scope="read")
    for row in (billing, ledger):
        generate(row)
        row.save()
    ProtectedResource.objects.create(identifier="https://off.example.com/mcp", name="Archive", is_active=False)
    AllowedExchange.objects.create(source=billing, target=ledger, scope="read write")
    signing_keys.current()
    signing_keys.rotate()
    return billing, ledger


def _make_machine(billing: ProtectedResource) -> tuple[Client, User]:
    robot = make_user("nightly-reconciliation-of-accounts-receivable", is_service=True)
    machine = make_client(name=f"Reporter of {LONG}", grant_types="client_credentials", redirect_uris="")
    terms = {"scope": "read write", "resources": billing.identifier, "lifetime_minutes": 15}
    ServiceAccess.objects.create(client=machine, user=robot, **terms)
    make_tokens(make_authorization(robot, machine, origin=Authorization.Origin.CLIENT_CREDENTIALS))
    return machine, robot


def _make_issuer(signer: Signer, clerk: Client, demo: User) -> TrustedIssuer:
    issuer = TrustedIssuer.objects.create(
        name="Acme International Holdings, identity services",
        issuer=signer.issuer,
        jwks=signer.jwks,
        algorithms="ES256",
        scope="read write",
    )
    issuer.clients.add(clerk)
    for subject, person in (("U019488227", demo), ("00u-" + "9f3c2a7b" * 12, make_user("grace.hopper"))):
        IssuerSubject.objects.create(issuer=issuer, subject=subject, user=person)
    return issuer


def _make_workloads(robot: User) -> tuple[TrustedIssuer, Signer]:
    runner = Signer(GITHUB)
    fields = {"use": "workload", "name": "GitHub Actions", "jwks": runner.jwks, "algorithms": "ES256"}
    jobs = TrustedIssuer.objects.create(issuer=GITHUB, **fields)
    jobs.clients.add(make_client(name="Runner", token_endpoint_auth_method="none", redirect_uris=""))
    WorkloadRule.objects.create(issuer=jobs, claims=JOB, user=robot)
    WorkloadRule.objects.create(issuer=jobs, claims={**JOB, "ref": "refs/tags/*"}, user=robot, scope="read write")
    return jobs, runner


def _make_lookalikes() -> None:
    for name in ("Reading Assistant", "x" * 200):
        for _ in range(3):
            make_client(name=name, redirect_uris=f"http://localhost:1234/{name}", registration_source="dcr")


def _connect(demo: User, clerk: Client, issuer: TrustedIssuer) -> Authorization:
    """Connect demo's apps, one by each grant. Returns an authorization that was exchanged for another one."""
    desk = make_client(name="Night desk", redirect_uris="", grant_types=DEVICE_CODE, requires_dpop=True)
    make_tokens(make_authorization(demo, desk, origin=Authorization.Origin.DEVICE), dpop_jkt=Prover().thumbprint)
    company = make_authorization(demo, clerk, origin=Authorization.Origin.ID_JAG, issuer=issuer)
    make_tokens(company)
    assistant = make_client(name=f"Assistant of {LONG}", redirect_uris="https://assistant.example.com/cb")
    scope = "invoices.read read"
    source = make_authorization(demo, assistant, scope=scope, resource=BILLING)
    make_tokens(source, resource=BILLING)
    exchange: dict[str, Any] = {
        "origin": Authorization.Origin.TOKEN_EXCHANGE,
        "exchanged_from": source,
        "actors": BILLING,
    }
    exchanged = make_authorization(demo, assistant, resource=LEDGER, **exchange)
    make_tokens(exchanged, resource=LEDGER)
    return exchanged


def _make_event(reason: str, number: int, machine: Client, robot: User) -> Event:
    assert reason in EXPLANATIONS
    what: dict[str, Any] = {"client_id": machine.client_id, "client_name": machine.name}
    if number % 2:
        what = {"client_id": f"unknown-{number}", "client_name": f"Shell {number}"}
    detail = f"This server does not trust {ACME}/{'tenant' * 12}/ for ID-JAGs." if "issuer" in reason else "A detail."
    what |= {"kind": "token", "outcome": "refused", "reason": reason, "detail": detail, "action": JWT_BEARER}
    what |= {"user_id": robot.pk, "username": robot.username, "address": f"192.0.2.{number}", "agent": "shell/1"}
    return Event.objects.create(**what)


def _make_device_events(demo: User) -> None:
    for number, action in enumerate((ISSUED, ENTERED)):
        named = {"client_id": "shell", "client_name": "Shell", "address": "192.0.2.99"}
        who = {"user_id": demo.pk, "username": "demo"} if number else {}
        Event.objects.create(kind="authorization", outcome="ok", action=action, **named, **who)


def _assertions(signer: Signer, clerk: Client, runner: Signer, issuer: TrustedIssuer) -> dict[str, str]:
    """Return an assertion of each state of the page *Check an assertion*: accepted, and each kind of refusal."""
    own = settings.PUBLIC_URL
    jag = {**signer.times(), "aud": own, "sub": "U019488227", "resource": f"{own}/mcp", "client_id": clerk.client_id}
    job = {**runner.times(), "aud": own, "sub": "repo:acme:ref:refs/heads/main", **JOB}

    def company(by: Signer = signer, **changes: Any) -> str:
        return by.sign({**jag, **changes}, typ="oauth-id-jag+jwt")

    used = company(jti="used")
    identifier = Presented(used, clerk, own, "", "", claims={"jti": "used"}).identifier
    UsedAssertion.objects.create(issuer=issuer, identifier=identifier, expires_at="2100-01-01T00:00:00Z")
    return {
        "accepted": company(),
        "unreadable": "not.a.jwt",
        "untrusted": company(iss=f"https://other.example/{'tenant' * 20}"),
        "algorithm": jwt_by_secret({**jag}),
        "expired": company(exp=int(time.time()) - 600),
        "audience": company(aud="https://other.example"),
        "client": company(client_id="another"),
        "subject": company(sub=["x"]),
        "used": used,
        "signature": company(Signer(ACME)),
        "person": company(sub="nobody-" + "x" * 120),
        "workload": runner.sign(job),
        "tag": runner.sign({**job, "ref": "refs/tags/v1"}),
        "unmatched": runner.sign({**job, "ref": "refs/pull/" + "1" * 60 + "/merge", "repository": "acme/other"}),
    }


def jwt_by_secret(claims: dict[str, Any]) -> str:
    """Return an assertion that is signed by a secret, which no issuer may use."""
    return jwt.encode(claims, "x" * 64, algorithm="HS256", headers={"typ": "oauth-id-jag+jwt"})

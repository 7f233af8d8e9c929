"""Assertions of trusted issuers as grants (RFC 7523 section 2.1): ID-JAGs of people, and tokens of workloads.

The operator's choice of a client for an issuer gives it this grant, and nothing else does: a client's registration for
it only says that it can use it.
"""

from dataclasses import replace
from datetime import timedelta

from django.db import IntegrityError, transaction
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.clients.metadata.grant_types import JWT_BEARER
from accounts.grants.direct.grant import Decision, DirectGrant
from accounts.grants.oauthlib_backend import context_of
from accounts.http.address import endpoint, network_of, same_resource
from accounts.models import Authorization, ProtectedResource, TrustedIssuer, UsedAssertion
from accounts.protected_resources import targets
from accounts.protected_resources.metadata import scopes_of
from accounts.trusted_issuers import assertions, claims, people, scopes, workloads
from accounts.trusted_issuers.refusals import AssertionRefused
from accounts.user_model import User

NOT_CHOSEN = "No trusted issuer that is switched on lists this client. Ask the operator of this server."
PUBLIC = "An ID-JAG is only for clients that must authenticate with a secret or a key."
CHANGED = "The operator changed the issuer while the token was issued. Request another token."


class JWTBearerGrant(DirectGrant):
    """RFC 7521 section 4.1: "Refresh tokens SHOULD NOT be issued" for an assertion. None ever is."""

    grant_type = JWT_BEARER

    def check_client(self, request: Request) -> None:
        if not TrustedIssuer.objects.filter(clients=request.client, is_active=True).exists():
            raise errors.UnauthorizedClientError(description=NOT_CHOSEN)

    def check_resource(self, request: Request) -> None:
        """Do nothing: the assertion, which `decide` verifies, says which resources are allowed."""

    def decide(self, request: Request) -> Decision:
        try:
            presented = assertions.verify(_presented(request))
            request.presented = presented
            is_jag = presented.use == TrustedIssuer.Use.ID_JAG
            return _for_person(request, presented) if is_jag else _for_workload(request, presented)
        except AssertionRefused as refusal:
            context_of(request).parties.reason = refusal.reason
            raise

    def redeem(self, request: Request, decision: Decision) -> Decision:
        """Use the assertion. The issuer's row is locked: its terms are those that the decision is based on."""
        presented: assertions.Presented = request.presented
        locked = TrustedIssuer.objects.select_for_update(of=("self",), no_key=True)
        issuer = locked.filter(pk=presented.issuer.pk, revision=presented.issuer.revision, is_active=True).first()
        if issuer is None:
            raise errors.InvalidGrantError(description=CHANGED)
        try:
            _use_once(presented)
            return replace(decision, user=_stored_person(presented, decision))
        except AssertionRefused as refusal:
            context_of(request).parties.reason = refusal.reason
            raise


def _presented(request: Request) -> assertions.Presented:
    """Return the assertion in `request`. Raises InvalidRequestError where there is none."""
    assertion = getattr(request, "assertion", None)
    if not assertion:
        raise errors.InvalidRequestError(description="The parameter assertion is missing.")
    context = context_of(request)
    return assertions.Presented(
        text=assertion,
        client=request.client,
        own_issuer=context.issuer,
        token_endpoint=endpoint(context.issuer, "oauth_mcp:token"),
        requester=f"address {network_of(context.client_address)}",
    )


def _for_person(request: Request, presented: assertions.Presented) -> Decision:
    """Return the decision for an ID-JAG.

    draft-ietf-oauth-identity-assertion-authz-grant, "Client Authentication": "This specification SHOULD only be
    supported for confidential clients."
    """
    if request.client.is_public and not context_of(request).parties.has_asserted:
        raise errors.UnauthorizedClientError(description=PUBLIC)
    target = _target(request, presented, claims.resources(presented.claims))
    found = people.find(presented.issuer, presented.claims)
    context_of(request).parties.user = found.user if not found.is_new else None
    return Decision(
        user=found.user,
        scope=_granted(request, target, presented.issuer.scopes, claims.scopes(presented.claims)),
        origin=Authorization.Origin.ID_JAG,
        resource=target.identifier if target is not None else "",
        issuer=presented.issuer,
        reuses=True,
    )


def _for_workload(request: Request, presented: assertions.Presented) -> Decision:
    target = _target(request, presented, [])
    rule = workloads.find(presented.issuer, presented.claims)
    context_of(request).parties.user = rule.user
    ceiling = [name for name in rule.scope.split() if name in presented.issuer.scopes]
    return Decision(
        user=rule.user,
        scope=_granted(request, target, ceiling, None),
        origin=Authorization.Origin.WORKLOAD,
        lifetime=timedelta(minutes=rule.minutes) if rule.minutes else None,
        resource=target.identifier if target is not None else "",
        issuer=presented.issuer,
        reuses=True,
    )


def _granted(
    request: Request, target: ProtectedResource | None, ceiling: list[str], asserted: list[str] | None
) -> list[str]:
    used = ceiling if target is None else [name for name in ceiling if name in scopes_of(target)]
    return scopes.granted((request.scope or "").split(), asserted, used)


def _target(request: Request, presented: assertions.Presented, asserted: list[str]) -> ProtectedResource | None:
    """Return the resource that the request or else the assertion names; None for this server's own.

    Raises `invalid_target` for one that the assertion does not name, or the operator does not allow for the issuer.
    """
    own = context_of(request).resource
    requested = [value for name, value in request.decoded_body or [] if name == "resource" and value.strip()]
    if asserted and not all(any(same_resource(one, each) for each in asserted) for one in requested):
        raise targets.invalid_target("The assertion is for another resource.")
    target = targets.choose(requested or asserted[:1], own)
    if target is not None and not targets.is_allowed(target, presented.issuer.resources):
        raise targets.invalid_target(f"The operator did not allow this issuer tokens for {target.identifier}.")
    return target


def _use_once(presented: assertions.Presented) -> None:
    """Store that the assertion was used. Raises AssertionRefused where it is stored already."""
    if not presented.issuer.once:
        return
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(
                issuer=presented.issuer,
                identifier=presented.identifier,
                expires_at=presented.expires + assertions.LEEWAY,
            )
    except IntegrityError as error:
        raise assertions.used_before() from error


def _stored_person(presented: assertions.Presented, decision: Decision) -> User:
    """Return the person of the decision; for an ID-JAG, found again now that the issuer is locked, and stored."""
    if decision.origin != Authorization.Origin.ID_JAG:
        return decision.user
    found = people.find(presented.issuer, presented.claims)
    return people.store(presented.issuer, found, presented.claims)

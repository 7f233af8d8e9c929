"""The keys of a trusted issuer: those that the operator pasted, or those at its JWKS URI."""

from dataclasses import dataclass
from typing import Any

from accounts.audit import events
from accounts.key_sets.fetched import FetchedKeySet
from accounts.models import Event, TrustedIssuer

ACTION = "issuer keys"


@dataclass(frozen=True, slots=True)
class IssuerKeySet(FetchedKeySet):
    """The key set at an issuer's JWKS URI."""

    issuer: TrustedIssuer

    def record_refusal(self, detail: str) -> None:
        detail = f"{self.issuer.name}: {detail}"
        events.record(
            Event.Kind.TOKEN, action=ACTION, outcome=Event.Outcome.REFUSED, reason="issuer_keys_refused", detail=detail
        )

    def record_change(self, detail: str) -> None:
        events.record(Event.Kind.ADMIN, action=ACTION, detail=f"{self.issuer.name}: the keys changed: {detail}")


def key_set(issuer: TrustedIssuer, *, refetch: bool, requester: str) -> dict[str, Any]:
    """Return the key set of `issuer`. Raises fetching.FetchError where it cannot be fetched and there is no copy."""
    if issuer.jwks:
        return issuer.jwks
    return fetched_by(issuer).get(refetch=refetch, requester=requester)


def fetched_by(issuer: TrustedIssuer) -> IssuerKeySet:
    """Return the key set at the issuer's JWKS URI."""
    return IssuerKeySet(issuer.jwks_uri, str(issuer.pk), "issuer_keys", "The issuer's JWKS URI", issuer)

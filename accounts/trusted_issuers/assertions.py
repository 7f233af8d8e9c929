"""Verification of an assertion (RFC 7523 section 3), in steps that admin shows one by one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import jwt
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import fetching
from accounts.clients.public_keys import ALGORITHMS
from accounts.crypto.token_values import checksum
from accounts.key_sets import signatures
from accounts.key_sets.signatures import LEEWAY, UNREADABLE
from accounts.models import Client, TrustedIssuer, UsedAssertion
from accounts.models.trusted_issuers import LONGEST_ISSUER, LONGEST_SUBJECT
from accounts.trusted_issuers import claims, keys
from accounts.trusted_issuers.refusals import AssertionRefused, shown

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ID_JAG_TYPE = "oauth-id-jag+jwt"
# An issuer's JWTs of other types, such as access tokens (at+jwt), are no assertions (RFC 8725 section 3.11).
WORKLOAD_TYPES = ("", "jwt", "jose")
# Enterprise-Managed Authorization section 4.3, and RFC 7523 section 3.
REQUIRED = {
    TrustedIssuer.Use.ID_JAG: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "resource"],
    TrustedIssuer.Use.WORKLOAD: ["iss", "sub", "aud", "exp"],
}
# RFC 7523 section 3: "The authorization server MAY reject JWTs with an "exp" claim value that is unreasonably far in
# the future." Each is stored until then. Kubernetes mounts tokens that last for an hour or longer.
LONGEST_LIFE = {TrustedIssuer.Use.ID_JAG: timedelta(hours=1), TrustedIssuer.Use.WORKLOAD: timedelta(days=1)}
LONGEST_ID = 1000
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Presented:
    """An assertion that `client` presented here, and what the steps so far have found.

    `own_issuer` is this server's issuer, and `requester` identifies the caller whose concurrent fetches are limited.
    """

    text: str
    client: Client
    own_issuer: str
    token_endpoint: str
    requester: str
    header: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    issuer: TrustedIssuer = field(default_factory=TrustedIssuer)
    expires: datetime = NEVER

    @property
    def use(self) -> TrustedIssuer.Use:
        return TrustedIssuer.Use.ID_JAG if kind_of(self.header) == ID_JAG_TYPE else TrustedIssuer.Use.WORKLOAD

    @property
    def identifier(self) -> str:
        """The checksum of its id; without one, of what is signed, since a signature may have several forms."""
        issued = self.claims.get("jti") or self.text.rpartition(".")[0]
        return checksum(f"{'jti' if self.claims.get('jti') else 'text'} {issued}")


def verify(presented: Presented) -> Presented:
    """Return `presented` with what was found. Raises AssertionRefused, and fetching.Unavailable."""
    for _name, step in STEPS:
        step(presented)
    return presented


def read(presented: Presented) -> None:
    try:
        presented.header = jwt.get_unverified_header(presented.text)
        presented.claims = jwt.decode(presented.text, options={"verify_signature": False})
    except UNREADABLE as error:
        raise refused("It cannot be read: it must be a signed JWT.") from error
    if kind_of(presented.header) not in (ID_JAG_TYPE, *WORKLOAD_TYPES):
        raise refused(f"Its typ must be {ID_JAG_TYPE}, or for a workload JWT or none.")


def kind_of(header: dict[str, Any]) -> str:
    """Return the `typ` of a JWT (RFC 7519 section 5.1), a media type of which `application/` may be left out."""
    kind = header.get("typ", "")
    return kind.lower().removeprefix("application/") if isinstance(kind, str) else "unknown"


def find_issuer(presented: Presented) -> None:
    """Find the issuer that the operator trusts for this type of assertion.

    draft-ietf-oauth-identity-assertion-authz-grant, "Cross-Domain Use": an identity provider "MUST NOT issue access
    tokens in response to an ID-JAG it issued itself".
    """
    named = claims.text(presented.claims, "iss", LONGEST_ISSUER)
    found = TrustedIssuer.objects.filter(issuer=named, use=presented.use, is_active=True).first()
    if found is None or named == presented.own_issuer:
        use = "ID-JAGs" if presented.use == TrustedIssuer.Use.ID_JAG else "assertions of workloads"
        raise AssertionRefused("untrusted_issuer", f"This server does not trust {shown(named)} for {use}.")
    presented.issuer = found


def check_algorithm(presented: Presented) -> None:
    allowed = [name for name in presented.issuer.algorithms.split() if name in ALGORITHMS]
    if presented.header.get("alg") not in allowed:
        raise refused(f"It must be signed by {' or '.join(allowed)}.")


def check_times(presented: Presented) -> None:
    for name in ("exp", "iat", "nbf"):
        claims.check_time(presented.claims, name)
    try:
        signatures.claims_alone(presented.text, REQUIRED[presented.use])
    except UNREADABLE as error:
        raise refused(f"{shown(str(error)).rstrip('.')}.") from error
    longest = LONGEST_LIFE[presented.use]
    if presented.claims["exp"] > (timezone.now() + longest + LEEWAY).timestamp():
        raise refused(f"It may be valid for at most {int(longest.total_seconds() // 3600)} hours.")
    presented.expires = datetime.fromtimestamp(int(presented.claims["exp"]), UTC)


def check_audience(presented: Presented) -> None:
    """Refuse an assertion for several servers: one of them could present it to another."""
    sent = presented.claims.get("aud")
    named = sent[0] if isinstance(sent, list) and len(sent) == 1 else sent
    expected = audiences(presented)
    if not isinstance(named, str) or named not in expected:
        raise refused(f"Its aud must be {expected[0]} alone.")


def audiences(presented: Presented) -> list[str]:
    """Return the accepted values of `aud`: for an ID-JAG, this server's issuer, which libraries end with a slash."""
    own = [presented.own_issuer, f"{presented.own_issuer}/"]
    if presented.use == TrustedIssuer.Use.ID_JAG:
        return own
    return [presented.issuer.audience] if presented.issuer.audience else [*own, presented.token_endpoint]


def check_client(presented: Presented) -> None:
    """Check that the operator chose the client, and that an ID-JAG was issued to it."""
    if not presented.issuer.clients.filter(pk=presented.client.pk).exists():
        raise AssertionRefused("issuer_client", "The operator did not choose this client for this issuer.")
    if presented.use == TrustedIssuer.Use.ID_JAG and presented.claims.get("client_id") != presented.client.client_id:
        raise AssertionRefused("issuer_client", "Its client_id must be that of the client that presents it.")


def check_subject(presented: Presented) -> None:
    claims.text(presented.claims, "sub", LONGEST_SUBJECT)
    if presented.claims.get("jti") is not None:
        claims.text(presented.claims, "jti", LONGEST_ID)


def refuse_used(presented: Presented) -> None:
    used = UsedAssertion.objects.filter(issuer=presented.issuer, identifier=presented.identifier)
    if presented.issuer.once and used.exists():
        raise used_before()


def used_before() -> AssertionRefused:
    return AssertionRefused("used_assertion", "The assertion was used before: request a new one from the issuer.")


def check_signature(presented: Presented) -> None:
    try:
        signatures.verify(
            presented.text,
            partial(_key_set, presented),
            presented.issuer.algorithms.split(),
            signer="the issuer",
        )
    except fetching.Unavailable:
        raise
    except fetching.FetchError as error:
        raise refused(f"The keys of the issuer cannot be fetched. {error}") from error
    except UNREADABLE as error:
        raise refused(f"Its signature is not valid: {shown(str(error)).rstrip('.')}.") from error


def _key_set(presented: Presented, refetch: bool) -> dict[str, Any]:
    return keys.key_set(presented.issuer, refetch=refetch, requester=presented.requester)


def refused(description: str) -> AssertionRefused:
    return AssertionRefused("invalid_assertion", f"The assertion is not valid. {description}")


# The signature is last, because it may take a fetch.
STEPS: tuple[tuple["StrOrPromise", Callable[[Presented], None]], ...] = (
    (_("It is a JWT"), read),
    (_("Its issuer is trusted"), find_issuer),
    (_("Its algorithm is accepted"), check_algorithm),
    (_("It is complete, and valid now"), check_times),
    (_("It is for this server"), check_audience),
    (_("Its client may present it"), check_client),
    (_("Its subject can be read"), check_subject),
    (_("It was not used before"), refuse_used),
    (_("Its signature is the issuer’s"), check_signature),
)

"""Bearer authentication of protected endpoints (RFC 6750): tokens, their principals, and the challenge.

One query on each request reads the token with its authorization, client and person. So a revocation or suspension by
any process takes effect on the next request.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed

from accounts.crypto.token_values import checksum
from accounts.db.prepared_query import PreparedQuery
from accounts.http.address import endpoint_of, requested_resource, same_resource
from accounts.languages.people import language_of
from accounts.models import AccessToken, Client, Revision, has_own_model, hides_people, is_service, shown_condition
from accounts.oauth.metadata import resource_metadata_url
from accounts.user_model import User
from accounts.user_model import fields as user_fields

# The name of the Revision of the policy's rules.
POLICY = "policy"
BEARER, DPOP = "Bearer", "DPoP"
MISSING = "Missing authorization header"
UNKNOWN = "The access token is unknown or was deleted."
# Tokens for this server have 43 characters (accounts/crypto/token_values.py). JWTs are for others.
LONGEST_TOKEN = 256


class Credentials(NamedTuple):
    """A token, and the scheme by which it was sent: BEARER or DPOP."""

    scheme: str
    token: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity of a call: a person, a client, and the scopes that the person granted it."""

    user: User
    client: Client
    scopes: frozenset[str]
    token_id: int
    authorization_id: int
    # The Revision of the policy's rules, from the query of the token.
    policy_revision: int = 0
    # Space separated: the protected resources that act for the person by an exchanged token (RFC 8693), the current
    # one first. Empty for a token that was not exchanged.
    actors: str = ""
    # The name of the endpoint of this server that the token is for; "" for the first.
    endpoint: str = ""
    # The language that the person chose; "" if none.
    language: str = ""

    @property
    def is_service(self) -> bool:
        """Whether the person is a service person: a machine, which acts without a person."""
        return is_service(self.user)

    @classmethod
    def of(cls, token: AccessToken, endpoint: str = "") -> "Principal | None":
        """Return the principal of a token; None for a token without a person or a client."""
        if token.user is None or token.application is None:
            return None
        scopes = frozenset(token.scope.split())
        revision = getattr(token, "policy_revision", None) or 0
        person, client, given = token.user, token.application, token.authorization
        language = language_of(person)
        return cls(person, client, scopes, token.pk, given.pk, revision, given.actors, endpoint, language)

    def narrowed_by(self, other: "Principal") -> "Principal":
        """Return this principal with only the scopes that `other`, of the same person and client, has too.

        Raises InvalidToken for another person or client.
        """
        if (self.user.pk, self.client.pk) != (other.user.pk, other.client.pk):
            raise InvalidToken("foreign_token", "The access token belongs to another person or client.", other)
        return replace(self, scopes=self.scopes & other.scopes)


class InvalidToken(AuthenticationFailed):
    """A missing or invalid token. `reason` and `principal`, if known, are for the audit log.

    `error` is the code of the reply, and `scheme` that of its first challenge; "": that of the request.
    """

    scheme = ""
    error = "invalid_token"

    def __init__(self, reason: str, description: str, principal: Principal | None = None) -> None:
        super().__init__(description)
        self.reason, self.principal = reason, principal


def admit(token: AccessToken | None, own_resource: str, endpoint: str = "") -> Principal:
    """Return the principal of `token`, which was just read, at this server's `own_resource`. Raises InvalidToken.

    `endpoint` is the name of the endpoint with that identifier (accounts/http/address.py).
    """
    principal = Principal.of(token, endpoint) if token is not None else None
    if token is None or principal is None:
        raise InvalidToken("unknown_token", UNKNOWN)
    refusal = inactive_reason(token, principal) or other_resource_reason(token, own_resource)
    if refusal is not None:
        raise InvalidToken(*refusal, principal)
    return principal


def admit_again(token_id: int, request: HttpRequest) -> Principal:
    """Return the principal of a token that `request` was accepted with before, read again from the database.

    The person is a new object, so that no permissions are cached from an earlier request. Raises InvalidToken.
    """
    return admit(tokens(pk=token_id).first(), requested_resource(request), endpoint_of(request.path_info) or "")


# Of these, a person has those that their model has.
PERSON = (
    *(user_fields.USERNAME, user_fields.EMAIL, "first_name", "last_name"),
    *("is_active", "is_staff", "is_superuser", "is_service"),
)
# The row of a service person whose model lacks that column: joined, so that no other query looks for it.
SERVICE = () if has_own_model() else ("user__oauth_service_person",)
LANGUAGE = "user__oauth_language"
# The fields that authentication needs, or that tools often use. Django reads the others on access.
FIELDS = [
    *("token_checksum", "expires", "scope", "resource", "dpop_jkt"),
    *("authorization__expires_at", "authorization__revoked_at", "authorization__actors"),
    *(f"application__{name}" for name in ("client_id", "name", "suspended_at", "approved_at")),
    *(f"user__{name}" for name in user_fields.existing(PERSON)),
    *(f"{path}__user" for path in SERVICE),
    f"{LANGUAGE}__language",
]


# Joins the sessions with these checksums to the tokens of the same person and client. Set by the app that has the
# sessions (mcp_api/streams/sessions.py).
session_join: Callable[[QuerySet[AccessToken], Sequence[str]], QuerySet[AccessToken]] | None = None


def tokens(*, sessions: Sequence[str] | None = None, **which: Any) -> QuerySet[AccessToken]:
    """Return the tokens that match the lookups `which`, with all fields that `admit` needs.

    `sessions` are checksums of session ids, whose sessions `session_join` adds to the tokens.
    """
    revision = Revision.objects.filter(name=POLICY).values("number")
    found = (
        AccessToken.objects.select_related("authorization", "application", "user", LANGUAGE, *SERVICE)
        .only(*FIELDS)
        .annotate(policy_revision=Subquery(revision))
        .filter(**which)
    )
    if hides_people():
        found = found.annotate(person_is_shown=Exists(User._default_manager.filter(pk=OuterRef("user"))))
    return found if sessions is None or session_join is None else session_join(found, sessions)


TOKENS = PreparedQuery(lambda token_checksum: tokens(token_checksum=token_checksum))
WITH_SESSION = PreparedQuery(
    lambda token_checksum, session: tokens(token_checksum=token_checksum, sessions=[session]), parameter_count=2
)


def find_token(value: str, session_id: str | None = None) -> AccessToken | None:
    """Return the row of the token with that value, and of the named session, by one query. Raises database errors."""
    if session_id is None:
        return find_by_checksum(checksum(value))
    if hides_people():
        return tokens(token_checksum=checksum(value), sessions=[checksum(session_id)]).first()
    return WITH_SESSION.first(checksum(value), checksum(session_id))


def find_by_checksum(token_checksum: str) -> AccessToken | None:
    """Return the row of the token with that checksum. Raises database errors."""
    if hides_people():
        # Not prepared: what a manager hides may depend on the time.
        return tokens(token_checksum=token_checksum).first()
    return TOKENS.first(token_checksum)


def live_tokens(token_ids: Collection[int]) -> set[int]:
    """Return those of `token_ids` that are still valid, by one query."""
    now = timezone.now()
    unexpired = Q(authorization__expires_at=None) | Q(authorization__expires_at__gt=now)
    tokens = AccessToken.objects.filter(
        unexpired,
        shown_condition("user"),
        pk__in=token_ids,
        expires__gt=now,
        authorization__revoked_at=None,
        application__suspended_at=None,
        application__approved_at__isnull=False,
        user__is_active=True,
    )
    return set(tokens.values_list("pk", flat=True))


def inactive_reason(token: AccessToken, principal: Principal) -> tuple[str, str] | None:
    """Return reason and description where the token, its authorization, client or person is not active."""
    if token.is_expired():
        return "expired_token", "The access token has expired."
    if not token.authorization.is_live:
        return "revoked_token", "The authorization was revoked or has expired."
    if principal.client.is_disabled:
        return "suspended_client", "The client has been suspended."
    if not (principal.user.is_active and getattr(token, "person_is_shown", True)):
        return "suspended_person", "The person's account has been suspended."
    return None


def other_resource_reason(token: AccessToken, own_resource: str) -> tuple[str, str] | None:
    """Return reason and description where the token was issued for another resource (RFC 8707)."""
    if any(audience == own_resource or same_resource(audience, own_resource) for audience in token.resource):
        return None
    return "foreign_token", "The access token is for another resource."


SCHEMES = {"bearer": BEARER, "dpop": DPOP}


def credentials_of(header: str) -> Credentials:
    """Return the token in the value of an Authorization header, the only accepted place. Raises InvalidToken."""
    if not header:
        raise InvalidToken("missing_token", MISSING)
    name, _, token = header.partition(" ")
    scheme, token = SCHEMES.get(name.lower()), token.strip()
    if scheme is None or not token or " " in token:
        raise InvalidToken("malformed_token", "Send the access token as `Authorization: Bearer <token>`.")
    if len(token) > LONGEST_TOKEN:
        raise InvalidToken("unknown_token", UNKNOWN)
    return Credentials(scheme, token)


def challenge(
    request: HttpRequest, scheme: str = BEARER, *, error: str = "", scope: str = "", description: str = ""
) -> str:
    """Return a challenge for WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1)."""
    parameters = {
        "error": error,
        "error_description": description,
        "scope": scope,
        "resource_metadata": resource_metadata_url(request),
    }
    return f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)

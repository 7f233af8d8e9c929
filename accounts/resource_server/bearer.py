"""The door of every protected endpoint (RFC 6750): a token in, a Principal out, or the challenge.

One query reads the token with its authorization, client and person, each time: whatever of
them was ended a moment ago, by whichever process, is refused now.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import scopes
from accounts.crypto.token_values import checksum
from accounts.db.prepared_query import PreparedQuery
from accounts.http.address import resource, same_resource
from accounts.models import AccessToken, Client, Revision, User
from accounts.oauth.metadata import resource_metadata_url

# The name of the rules' revision.
POLICY = "policy"
MISSING = "Missing authorization header"
UNKNOWN = "The access token is not known here, or was removed."
# One of ours has 43 characters (accounts/crypto/token_values.py).
LONGEST_TOKEN = 256


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: a person, through a client, with what the person granted it."""

    user: User
    client: Client
    scopes: frozenset[str]
    token_id: int
    authorization_id: int
    # Of the rules about who may use what, as the token's own query read it.
    policy_revision: int = 0

    @classmethod
    def of(cls, token: AccessToken) -> "Principal | None":
        """None for a token without a person or a client: it speaks for nobody."""
        if token.user is None or token.application is None:
            return None
        scopes = frozenset(token.scope.split())
        revision = getattr(token, "policy_revision", None) or 0
        return cls(token.user, token.application, scopes, token.pk, token.authorization_id, revision)

    def narrowed_by(self, other: "Principal") -> "Principal":
        """The same principal with only those scopes that `other`, of the same person and client, has too.

        Raises InvalidToken for another person or client.
        """
        if (self.user.pk, self.client.pk) != (other.user.pk, other.client.pk):
            raise InvalidToken("foreign_token", "The access token belongs to another person or client.", other)
        return replace(self, scopes=self.scopes & other.scopes)


class InvalidToken(AuthenticationFailed):
    """No token, or one that is not good (any more). `reason`, and whose it was, are for the operator."""

    def __init__(self, reason: str, description: str, principal: Principal | None = None) -> None:
        super().__init__(description)
        self.reason, self.principal = reason, principal


class BearerAuthentication(BaseAuthentication):
    """REST framework's authentication: `request.user` is the person, `request.auth` the Principal."""

    def authenticate(self, request: Request) -> tuple[User, Principal]:
        """Raises InvalidToken; there is no anonymous access."""
        principal = authenticate(request._request)
        return principal.user, principal

    def authenticate_header(self, request: Request) -> str:
        sent = bool(request.META.get("HTTP_AUTHORIZATION"))
        return challenge(request._request, error="invalid_token" if sent else "", scope=scopes.DEFAULT)


def authenticate(request: HttpRequest) -> Principal:
    """The Principal of the request's bearer token. Raises InvalidToken."""
    return admit(find_token(presented(request)), resource(request))


def admit(token: AccessToken | None, ours: str) -> Principal:
    """The Principal of `token`, as it was just read, at the resource that is `ours`. Raises InvalidToken."""
    principal = Principal.of(token) if token is not None else None
    if token is None or principal is None:
        raise InvalidToken("unknown_token", UNKNOWN)
    refusal = why_ended(token, principal) or why_foreign(token, ours)
    if refusal is not None:
        raise InvalidToken(*refusal, principal)
    return principal


def admit_again(token_id: int, request: HttpRequest) -> Principal:
    """Return the principal of a token that was accepted before, read again from the database.

    Its person is a new object, so that no permission is remembered from an earlier request. Raises InvalidToken.
    """
    return admit(tokens(pk=token_id).first(), resource(request))


# What is needed to let somebody in, or what tools ask for as a rule; the rest is read when somebody looks at it.
NEEDED = [
    *("token_checksum", "expires", "scope", "resource", "authorization__expires_at", "authorization__revoked_at"),
    *(f"application__{name}" for name in ("client_id", "name", "suspended_at", "approved_at")),
    *(f"user__{name}" for name in ("username", "first_name", "last_name", "email")),
    *(f"user__{name}" for name in ("is_active", "is_staff", "is_superuser")),
]


# Joins to tokens the sessions with these checksums, each to the token of its own person and client. The app that has
# sessions sets it (mcp_api/streams/sessions.py).
session_join: Callable[[QuerySet[AccessToken], Sequence[str]], QuerySet[AccessToken]] | None = None


def tokens(*, sessions: Sequence[str] | None = None, **which: Any) -> QuerySet[AccessToken]:
    """Return the tokens that the lookup `which` finds, with all that is needed to admit them.

    `sessions` are checksums of session ids: what `session_join` reads of those comes with the tokens.
    """
    revision = Revision.objects.filter(name=POLICY).values("number")
    found = (
        AccessToken.objects.select_related("authorization", "application", "user")
        .only(*NEEDED)
        .annotate(policy_revision=Subquery(revision))
        .filter(**which)
    )
    return found if sessions is None or session_join is None else session_join(found, sessions)


TOKENS = PreparedQuery(lambda token_checksum: tokens(token_checksum=token_checksum))
WITH_SESSION = PreparedQuery(
    lambda token_checksum, session: tokens(token_checksum=token_checksum, sessions=[session]), places=2
)


def find_token(presented: str, session_id: str | None = None) -> AccessToken | None:
    """Return the row of a token, with that of a session if one is named, by one query.

    Raises the database's errors.
    """
    if session_id is None:
        return TOKENS.first(checksum(presented))
    return WITH_SESSION.first(checksum(presented), checksum(session_id))


def live_tokens(token_ids: Collection[int]) -> set[int]:
    """Those of `token_ids` that would still be let in, by one query, whatever else was ended since."""
    now = timezone.now()
    alive = Q(authorization__expires_at=None) | Q(authorization__expires_at__gt=now)
    tokens = AccessToken.objects.filter(
        alive,
        pk__in=token_ids,
        expires__gt=now,
        authorization__revoked_at=None,
        application__suspended_at=None,
        application__approved_at__isnull=False,
        user__is_active=True,
    )
    return set(tokens.values_list("pk", flat=True))


def why_ended(token: AccessToken, principal: Principal) -> tuple[str, str] | None:
    """Reason and description, unless the token, its authorization, its client and its person are all alive."""
    if token.is_expired():
        return "expired_token", "The access token has expired."
    if not token.authorization.is_live:
        return "revoked_token", "The authorization was revoked or has expired."
    if principal.client.is_ended:
        return "suspended_client", "The client has been suspended."
    if not principal.user.is_active:
        return "suspended_person", "The person's account has been suspended."
    return None


def why_foreign(token: AccessToken, ours: str) -> tuple[str, str] | None:
    """Reason and description, unless the token was issued for this very resource (RFC 8707)."""
    if any(audience == ours or same_resource(audience, ours) for audience in token.resource):
        return None
    return "foreign_token", "The access token is for another resource."


def presented(request: HttpRequest) -> str:
    """The token in the Authorization header, the only place where one is looked for. Raises InvalidToken."""
    return bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))


def bearer_token(header: str) -> str:
    """The token in what the Authorization header says. Raises InvalidToken."""
    if not header:
        raise InvalidToken("missing_token", MISSING)
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise InvalidToken("malformed_token", "Send the access token as `Authorization: Bearer <token>`.")
    if len(token) > LONGEST_TOKEN:
        raise InvalidToken("unknown_token", UNKNOWN)
    return token


def challenge(request: HttpRequest, *, error: str = "", scope: str = "", description: str = "") -> str:
    """WWW-Authenticate (RFC 6750 section 3, RFC 9728 section 5.1), telling a client how to get a token."""
    parameters = {
        "error": error,
        "error_description": description,
        "scope": scope,
        "resource_metadata": resource_metadata_url(request),
    }
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)

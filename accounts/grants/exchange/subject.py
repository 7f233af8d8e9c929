"""The two tokens' parties: the resource that asks for the exchange, and the token that it received."""

from django.db.models import Q, QuerySet
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from accounts.client_credentials.authentication import credentials_of
from accounts.http.address import same_resource
from accounts.models import AccessToken, ProtectedResource, usable_condition
from accounts.protected_resources import credentials
from accounts.protected_resources.exchanges import MOST_ACTORS
from accounts.signing.access_tokens import checksum_of

WHO = (
    "Authenticate with the client ID and the secret of the protected resource that received the subject_token. An "
    "OAuth client cannot exchange tokens."
)
# The same for each, so that nothing is revealed about tokens of other resources.
NOT_ACTIVE = (
    "The subject_token is no active access token of this resource: it is unknown, has ended, or is for another one."
)


def authenticate(request: Request) -> ProtectedResource:
    """Return the active resource whose credentials `request` has. Raises InvalidClientError."""
    sent = credentials_of(request)
    found = None
    if sent.client_id and sent.client_secret and not sent.assertion:
        found = credentials.authenticate(sent.client_id, sent.client_secret)
    if found is None or not found.is_active:
        raise InvalidClientError(description=WHO)
    return found


def find(value: str, source: ProtectedResource) -> AccessToken:
    """Return the access token `value`, which is active and was issued for `source`. Raises InvalidRequestError.

    RFC 8693 section 2.2.2: `invalid_request` is the error "if either the subject_token or actor_token are invalid for
    any reason, or are unacceptable based on policy".
    """
    token = active_tokens().filter(token_checksum=checksum_of(value)).first()
    if token is None or not any(same_resource(each, source.identifier) for each in token.resource):
        raise InvalidRequestError(description=NOT_ACTIVE)
    check_chain(token)
    return token


def active_tokens() -> QuerySet[AccessToken]:
    """Return the active tokens, with what an exchange needs of each."""
    active = Q(usable_condition("authorization__"), expires__gt=timezone.now())
    related = ("authorization__consent__user", "authorization__consent__client", "user", "application")
    return AccessToken.objects.select_related(*related).filter(active)


def check_chain(token: AccessToken) -> None:
    """Raise InvalidRequestError for a token that was exchanged too often."""
    if len(token.authorization.actors.split()) >= MOST_ACTORS:
        description = f"The subject_token was exchanged {MOST_ACTORS} times already, which is the most."
        raise InvalidRequestError(description=description)


def lock_active(token: AccessToken) -> bool:
    """Lock `token` until the end of the transaction. Returns whether it is still active.

    Its revocation waits for the lock, so that it finds the authorization that the transaction writes.
    """
    locked = AccessToken.objects.select_for_update(of=("self",), no_key=True)
    return locked.filter(pk=token.pk, expires__gt=timezone.now()).first() is not None

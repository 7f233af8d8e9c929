"""The authorization server's tables: person -> consent -> authorization -> token, and the audit log.

django-oauth-toolkit's models are all swapped for ours, from the first migration on. A token lives only while its
authorization, client and person do; `Authorization.revoked_at` is the one place to revoke it, and
accounts/revocation/authorizations.py is what sets it.
"""

from accounts.models.authorizations import (
    AccessToken,
    Authorization,
    AuthorizationQuerySet,
    Consent,
    Grant,
    IDToken,
    RefreshToken,
)
from accounts.models.clients import DOCUMENT_SERVES, BlockedDomain, Client, ClientAssertion, lookalike_of
from accounts.models.events import Event
from accounts.models.people import User, UserManager, UserQuerySet, new_session_epoch
from accounts.models.shared_state import Allowance, CacheEntry, Revision

__all__ = [
    "DOCUMENT_SERVES",
    "AccessToken",
    "Allowance",
    "Authorization",
    "AuthorizationQuerySet",
    "BlockedDomain",
    "CacheEntry",
    "Client",
    "ClientAssertion",
    "Consent",
    "Event",
    "Grant",
    "IDToken",
    "RefreshToken",
    "Revision",
    "User",
    "UserManager",
    "UserQuerySet",
    "lookalike_of",
    "new_session_epoch",
]

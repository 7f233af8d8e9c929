"""The authorization server's tables: person -> consent -> authorization -> token, and the audit log.

All models of django-oauth-toolkit are swapped, from the first migration on. A token is valid only while its
authorization, client and person are. Every revocation sets `Authorization.revoked_at`, in
accounts/revocation/authorizations.py.
"""

from accounts.models.assertions import ClientAssertion
from accounts.models.authorizations import (
    AccessToken,
    Authorization,
    AuthorizationQuerySet,
    Consent,
    Grant,
    IDToken,
    RefreshToken,
    usable_condition,
)
from accounts.models.blocked_domains import BlockedDomain
from accounts.models.clients import DOCUMENT_COPY_LIFETIME, Client, lookalike_of
from accounts.models.device_codes import DeviceCode
from accounts.models.events import ALLOWED, CLIENT_CALLS, UNFINISHED, Event
from accounts.models.people import (
    PersonLanguage,
    ServicePerson,
    User,
    UserManager,
    UserQuerySet,
    has_own_model,
    hides_people,
    is_service,
    is_shown,
    new_session_epoch,
    person_condition,
    service_condition,
    shown_condition,
)
from accounts.models.resources import AllowedExchange, ProtectedResource
from accounts.models.service_access import ServiceAccess
from accounts.models.shared_state import Allowance, CacheEntry, Revision, UsedProof
from accounts.models.signing_keys import SigningKey, SigningKeyQuerySet
from accounts.models.trusted_issuers import IssuerSubject, TrustedIssuer, UsedAssertion, WorkloadRule

__all__ = [
    "ALLOWED",
    "CLIENT_CALLS",
    "DOCUMENT_COPY_LIFETIME",
    "UNFINISHED",
    "AccessToken",
    "Allowance",
    "AllowedExchange",
    "Authorization",
    "AuthorizationQuerySet",
    "BlockedDomain",
    "CacheEntry",
    "Client",
    "ClientAssertion",
    "Consent",
    "DeviceCode",
    "Event",
    "Grant",
    "IDToken",
    "IssuerSubject",
    "PersonLanguage",
    "ProtectedResource",
    "RefreshToken",
    "Revision",
    "ServiceAccess",
    "ServicePerson",
    "SigningKey",
    "SigningKeyQuerySet",
    "TrustedIssuer",
    "UsedAssertion",
    "UsedProof",
    "User",
    "UserManager",
    "UserQuerySet",
    "WorkloadRule",
    "has_own_model",
    "hides_people",
    "is_service",
    "is_shown",
    "lookalike_of",
    "new_session_epoch",
    "person_condition",
    "service_condition",
    "shown_condition",
    "usable_condition",
]

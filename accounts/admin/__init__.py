"""Admin of people, clients, consents, authorizations, tokens and the audit log.

All revocations go through accounts/revocation/authorizations.py. No page shows a secret, a hash or a checksum.
"""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.blocked_domains import BlockedDomainAdmin
from accounts.admin.clients.client_admin import ClientAdmin
from accounts.admin.consents import AuthorizationAdmin, ConsentAdmin
from accounts.admin.events import EventAdmin
from accounts.admin.issuers.issuer_admin import TrustedIssuerAdmin
from accounts.admin.machines.access_admin import ServiceAccessAdmin
from accounts.admin.machines.service_person_admin import ServicePersonAdmin
from accounts.admin.resources.resource_admin import ProtectedResourceAdmin
from accounts.admin.resources.signing_keys import SigningKeyAdmin
from accounts.admin.tokens import AccessTokenAdmin, GrantAdmin, IDTokenAdmin, RefreshTokenAdmin
from accounts.conf import conf
from accounts.models import ServicePerson, has_own_model

if has_own_model():
    # In a project with a user model of its own, its pages of people, groups and sign-in methods stay as they are.
    from accounts.admin import people, sign_in  # noqa: F401 - the import registers them

    admin.site.site_header = admin.site.site_title = conf.SERVER_NAME
    admin.site.index_title = _("Administration")
else:
    admin.site.register(ServicePerson, ServicePersonAdmin)

__all__ = [
    "AccessTokenAdmin",
    "AuthorizationAdmin",
    "BlockedDomainAdmin",
    "ClientAdmin",
    "ConsentAdmin",
    "EventAdmin",
    "GrantAdmin",
    "IDTokenAdmin",
    "ProtectedResourceAdmin",
    "RefreshTokenAdmin",
    "ServiceAccessAdmin",
    "ServicePersonAdmin",
    "SigningKeyAdmin",
    "TrustedIssuerAdmin",
]

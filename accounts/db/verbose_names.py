"""Names of models and columns for people, in place of those that Django derives from the code.

A derived name cannot be translated, and a `verbose_name` beside the column would need a migration: these do not. The
English ones are as Django derives them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# By the name of the model: one, and several.
MODELS = {
    "AccessToken": (_("access token"), _("access tokens")),
    "Allowance": (_("allowance"), _("allowances")),
    "AllowedExchange": (_("allowed token exchange"), _("allowed token exchanges")),
    "Authorization": (_("authorization"), _("authorizations")),
    "BlockedDomain": (_("blocked domain"), _("blocked domains")),
    "CacheEntry": (_("cache entry"), _("cache entries")),
    "Client": (_("client"), _("clients")),
    "ClientAssertion": (_("client assertion"), _("client assertions")),
    "Consent": (_("consent"), _("consents")),
    "DeviceCode": (_("device code"), _("device codes")),
    "Event": (_("event"), _("events")),
    "Grant": (_("authorization code"), _("authorization codes")),
    "IDToken": (_("ID token"), _("ID tokens")),
    "IssuerSubject": (_("issuer subject"), _("issuer subjects")),
    "PersonLanguage": (_("person language"), _("person languages")),
    "ProtectedResource": (_("protected resource"), _("protected resources")),
    "RefreshToken": (_("refresh token"), _("refresh tokens")),
    "Revision": (_("revision"), _("revisions")),
    "ServicePerson": (_("service person"), _("service people")),
    "SigningKey": (_("signing key"), _("signing keys")),
    "TrustedIssuer": (_("trusted issuer"), _("trusted issuers")),
    "UsedAssertion": (_("used assertion"), _("used assertions")),
    "UsedProof": (_("used proof"), _("used proofs")),
    "WorkloadRule": (_("workload rule"), _("workload rules")),
}
# By the name of the column.
COLUMNS = {
    "action": _("action"),
    "actors": _("actors"),
    "address": _("address"),
    "agent": _("agent"),
    "algorithm": _("algorithm"),
    "algorithms": _("algorithms"),
    "application_type": _("application type"),
    "approved_at": _("approved at"),
    "arguments": _("arguments"),
    "arguments_digest": _("arguments digest"),
    "audience": _("audience"),
    "authorization": _("authorization"),
    "authorization_id": _("authorization id"),
    "claims": _("claims"),
    "client": _("client"),
    "client_name": _("client name"),
    "client_uri": _("client uri"),
    "clients": _("clients"),
    "consent": _("consent"),
    "created_at": _("created at"),
    "denied_at": _("denied at"),
    "detail": _("detail"),
    "document_fetched_at": _("document fetched at"),
    "domain": _("domain"),
    "email_domains": _("email domains"),
    "endpoint": _("endpoint"),
    "exchanged_from": _("exchanged from"),
    "expires": _("expires"),
    "expires_at": _("expires at"),
    "generation": _("generation"),
    "grant_types": _("grant types"),
    "id": _("id"),
    "identifier": _("identifier"),
    "is_listed": _("is listed"),
    "issuer": _("issuer"),
    "kind": _("kind"),
    "logo_uri": _("logo uri"),
    "name": _("name"),
    "origin": _("origin"),
    "outcome": _("outcome"),
    "reason": _("reason"),
    "redeemed_at": _("redeemed at"),
    "resource": _("resource"),
    "resources": _("resources"),
    "revoked_at": _("revoked at"),
    "scope": _("scope"),
    "signs_from": _("signs from"),
    "source": _("source"),
    "subject": _("subject"),
    "suspended_at": _("suspended at"),
    "token_endpoint_auth_method": _("token endpoint auth method"),
    "token_endpoint_auth_signing_alg": _("token endpoint auth signing alg"),
    "token_format": _("token format"),
    "token_id": _("token id"),
    "until": _("until"),
    "updated": _("updated"),
    "updated_at": _("updated at"),
    "use": _("use"),
    "user": _("user"),
    "username": _("username"),
}
# Of django-oauth-toolkit, whose catalogues have fewer languages.
FOREIGN_MODELS = {"DeviceGrant": (_("device grant"), _("device grants"))}
FOREIGN = (_("registration source"), _("Manual"), _("Dynamic Client Registration"), _("Client ID Metadata Document"))


def translate(
    rows: Iterable[type[models.Model]], names: Mapping[str, tuple[Any, Any]], columns: Mapping[str, Any]
) -> None:
    """Give the models `rows` their `names`, and each of their columns without a verbose name that of `columns`."""
    for model in rows:
        if model.__name__ in names:
            model._meta.verbose_name, model._meta.verbose_name_plural = names[model.__name__]
        for column in (*model._meta.local_fields, *model._meta.local_many_to_many):
            # A text that is written beside the column is lazy, and may not be read before the apps are loaded.
            is_derived = isinstance(column.verbose_name, str) and column.verbose_name == column.name.replace("_", " ")
            if is_derived and column.name in columns:
                column.verbose_name = columns[column.name]

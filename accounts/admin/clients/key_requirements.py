"""Actions by which the operator demands of clients to use a key, or no longer does.

With DPoP the key is of their tokens (RFC 9449); with assertions it authenticates the client (private_key_jwt).
"""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.stopping import change_clients
from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.models import Client

REQUIRED = _("DPoP is required from the next token on. Tokens that were issued before work until they expire.")
KEY_REQUIRED = _("From now on, the client must authenticate with its key. Access tokens work until they expire.")
NO_KEYS = _("No client was changed: only a public client that publishes keys can be held to them.")
KEY_NOT_REQUIRED = _("The key is no longer required, unless the client’s own metadata requires it.")
NOT_REQUIRED = _("DPoP is no longer required, unless the client’s own metadata requires it.")


def may_require_key(client: Client) -> bool:
    """Return whether `client` has keys that its metadata lets it authenticate with, or not."""
    return client.is_public and bool(client.jwks_uri or client.jwks)


class KeyRequirementsMixin(ObjectActionsMixin):
    """Adds the actions. A new metadata document does not undo them."""

    @admin.action(description=_("Require DPoP…"), permissions=["change"])
    @asks(
        _("Require DPoP of {}?"),
        _(
            "From the next token on, the app must prove a key with each request (RFC 9449). An app without DPoP "
            "can no longer connect. Tokens that were issued before work until they expire."
        ),
        button=_("Require DPoP"),
    )
    def require_dpop(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        change_clients(self, request, queryset, "DPoP required", requires_dpop=True)
        self.message_user(request, REQUIRED, messages.SUCCESS)

    @admin.action(description=_("Do not require DPoP…"), permissions=["change"])
    @asks(
        _("No longer require DPoP of {}?"),
        _(
            "The app can get tokens that work without a proof of a key, unless its own metadata requires DPoP. Anybody "
            "who copies such a token can use it."
        ),
        button=_("Do not require DPoP"),
    )
    def accept_bearer(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        change_clients(self, request, queryset, "DPoP not required", requires_dpop=False)
        self.message_user(request, NOT_REQUIRED, messages.SUCCESS)

    @admin.action(description=_("Require its key…"), permissions=["change"])
    @asks(
        _("Require the key of {}?"),
        _(
            "From now on, the app must authenticate with its key to get or refresh tokens, if it publishes one. Access "
            "tokens work until they expire."
        ),
        button=_("Require its key"),
    )
    def require_key(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        with_keys = [client.pk for client in queryset if may_require_key(client)]
        if not with_keys:
            self.message_user(request, NO_KEYS, messages.WARNING)
            return
        change_clients(self, request, queryset.filter(pk__in=with_keys), "key required", requires_assertion=True)
        self.message_user(request, KEY_REQUIRED, messages.SUCCESS)

    @admin.action(description=_("Do not require its key…"), permissions=["change"])
    @asks(
        _("No longer require the key of {}?"),
        _(
            "The app can get tokens without its key, as any program that knows its client ID can, unless its own "
            "metadata requires the key."
        ),
        button=_("Do not require its key"),
    )
    def accept_without_key(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        change_clients(self, request, queryset, "key not required", requires_assertion=False)
        self.message_user(request, KEY_NOT_REQUIRED, messages.SUCCESS)

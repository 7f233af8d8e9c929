"""Actions by which the operator demands of clients to bind their tokens to a key (RFC 9449), or no longer does."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.clients.stopping import change_clients
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.models import Client

REQUIRED = "DPoP is required from the next token on. Tokens that were issued before work until they expire."
NOT_REQUIRED = "DPoP is no longer required, unless the client’s own metadata requires it."


class DPoPMixin(ObjectActionsMixin):
    """Adds both actions. A new metadata document does not undo them."""

    @admin.action(description="Require DPoP", permissions=["change"])
    def require_dpop(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        change_clients(self, request, queryset, "DPoP required", requires_dpop=True)
        self.message_user(request, REQUIRED, messages.SUCCESS)

    @admin.action(description="Do not require DPoP", permissions=["change"])
    def accept_bearer(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        change_clients(self, request, queryset, "DPoP not required", requires_dpop=False)
        self.message_user(request, NOT_REQUIRED, messages.SUCCESS)

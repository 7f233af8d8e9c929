"""Approval of clients: the operator gives access and confirms the metadata (accounts/clients/vouching.py)."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.utils import timezone

from accounts.admin.clients import approval_page
from accounts.admin_base.audited import AuditedMixin
from accounts.clients import vouching
from accounts.models import Client

CHANGED = "The client has changed since this page was opened. Look at it again, then approve it."


class ApprovalMixin(AuditedMixin):
    """Adds the actions to approve. An approval ends when the name, home page, addresses or authentication change."""

    def get_version(self, obj: Any) -> str:
        return obj.fingerprint

    @admin.display(description="verified by")
    def vouched_by(self, client: Client) -> str:
        if client.registration_source == Client.RegistrationSource.MANUAL:
            return "the operator (added by hand)"
        if vouching.is_approved(client):
            return "the operator (approved)"
        if vouching.by_document(client):
            host = client.document_origin.removeprefix("https://")
            return f"{host}, which has its metadata document and all of its redirect URIs"
        changed = "It has changed since it was approved. " if client.vouched_fingerprint else ""
        return f"Not verified. {changed}People are asked at each connection."

    @admin.action(description="Approve", permissions=["change"])
    @transaction.atomic
    def approve(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        """Approve clients as shown: a client's page sends its fingerprint, the list leads to a confirmation."""
        clients = unapproved(queryset)
        if "seen" in request.POST or ACTION_CHECKBOX_NAME not in request.POST:
            self._approve_as_seen(request, clients)
        elif not clients:
            self.message_user(request, "Nothing to approve: all of these clients are approved.", messages.INFO)
        elif len(clients) > approval_page.MOST_AT_ONCE:
            self.message_user(request, approval_page.TOO_MANY, messages.ERROR)
        elif not approval_page.is_confirmed(request, clients):
            return approval_page.confirmation_page(self, request, clients)
        else:
            self._approve(request, clients)
        return None

    def _approve_as_seen(self, request: HttpRequest, clients: list[Client]) -> None:
        seen = request.POST.get("seen")
        if any(client.fingerprint != seen for client in clients):
            self.message_user(request, CHANGED, messages.ERROR)
        else:
            self._approve(request, clients)

    def _approve(self, request: HttpRequest, clients: list[Client]) -> None:
        self.log_bulk(request, clients, "Approved.")
        for client in clients:
            approved = {"approved_at": client.approved_at or timezone.now(), "vouched_fingerprint": client.fingerprint}
            Client.objects.filter(pk=client.pk).update(**approved)
        self.message_user(request, f"{len(clients)} client{pluralize(len(clients))} approved.", messages.SUCCESS)

    @admin.action(description="Withdraw approval", permissions=["change"])
    @transaction.atomic
    def withdraw_approval(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        """Withdraw the approval, so that people are asked at each connection. The client keeps its access."""
        chosen = Client.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).exclude(
            vouched_fingerprint=""
        )
        self.log_bulk(request, chosen, "Withdrew the approval.")
        withdrawn = chosen.update(vouched_fingerprint="")
        message = f"Approval of {withdrawn} client{pluralize(withdrawn)} withdrawn."
        advice = "People are asked at each connection. To end access, suspend the client."
        self.message_user(request, f"{message} {advice}", messages.SUCCESS)


def unapproved(queryset: QuerySet[Client]) -> list[Client]:
    """Return those of `queryset` that an approval would change, locked until they are approved."""
    found = Client.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).order_by("pk")
    locked = found.select_for_update(of=("self",))
    return [client for client in locked if client.approved_at is None or not vouching.is_vouched(client)]

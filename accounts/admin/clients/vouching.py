"""Approval of clients: the operator gives access and confirms the metadata (accounts/clients/vouching.py)."""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients import approval_page
from accounts.admin_base.confirmation import asks
from accounts.admin_base.ending.summary import MOST_IN_MESSAGE, label
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.clients import vouching
from accounts.languages.sentences import join
from accounts.models import Client

NOTHING = _("Nothing to approve: these clients are approved or suspended.")


class ApprovalMixin(ObjectActionsMixin):
    """Adds the actions to approve. An approval ends when the name, home page, addresses or authentication change."""

    @admin.display(description=_("verified by"))
    def vouched_by(self, client: Client) -> str:
        if client.registration_source == Client.RegistrationSource.MANUAL:
            return gettext("the administrator (added by hand)")
        if vouching.is_approved(client):
            return gettext("the administrator (approved)")
        if vouching.by_document(client):
            host = client.document_origin.removeprefix("https://")
            return gettext("%(host)s, which has its metadata document and all of its redirect URIs") % {"host": host}
        if client.vouched_fingerprint:
            return gettext("Not verified. It has changed since it was approved. People are asked at each connection.")
        return gettext("Not verified. People are asked at each connection.")

    @admin.action(description=_("Approve…"), permissions=["change"])
    @transaction.atomic
    def approve(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        """Approve clients, once the page that shows each of them is confirmed."""
        clients = unapproved(queryset)
        if not clients:
            self.message_user(request, NOTHING, messages.INFO)
        elif len(clients) > approval_page.MOST_AT_ONCE:
            self.message_user(request, approval_page.TOO_MANY, messages.ERROR)
        elif not approval_page.is_confirmed(request, clients):
            cancel_url = self.back_url(request, queryset)
            return approval_page.confirmation_page(self, request, clients, cancel_url=cancel_url)
        else:
            self._approve(request, clients)
        return None

    def _approve(self, request: HttpRequest, clients: list[Client]) -> None:
        self.log_bulk(request, clients, "Approved.")
        for client in clients:
            approved = {"approved_at": client.approved_at or timezone.now(), "vouched_fingerprint": client.fingerprint}
            Client.objects.filter(pk=client.pk).update(**approved)
        self.message_user(request, gettext("Approved: %(clients)s.") % {"clients": named(clients)}, messages.SUCCESS)

    @admin.action(description=_("Withdraw approval…"), permissions=["change"])
    @asks(
        _("Withdraw the approval of {}?"),
        _(
            "People are asked at each connection again, and pages show the app as unverified. It keeps its access: "
            "to end that, stop the app instead."
        ),
        button=_("Withdraw approval"),
    )
    @transaction.atomic
    def withdraw_approval(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        """Withdraw the approval, so that people are asked at each connection. The client keeps its access."""
        chosen = Client.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).exclude(
            vouched_fingerprint=""
        )
        self.log_bulk(request, chosen, "Withdrew the approval.")
        names = named(list(chosen)) or gettext("nothing to withdraw")
        message = gettext("Approval withdrawn: %(clients)s.") % {"clients": names}
        chosen.update(vouched_fingerprint="")
        advice = gettext("People are asked at each connection. To end access, suspend the client.")
        self.message_user(request, join(message, advice), messages.SUCCESS)


def needs_approval(client: Client) -> bool:
    """Return whether an approval would change `client`. A suspended one is reinstated first."""
    return client.suspended_at is None and (client.approved_at is None or not vouching.is_vouched(client))


def unapproved(queryset: QuerySet[Client]) -> list[Client]:
    """Return those of `queryset` that need an approval, locked until they are approved."""
    found = Client.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).order_by("pk")
    return [client for client in found.select_for_update(of=("self",)) if needs_approval(client)]


def named(clients: Sequence[Client]) -> str:
    """Return the names and hosts of the first of `clients`, and the number of the others."""
    more = len(clients) - MOST_IN_MESSAGE
    first = ", ".join(label(client) for client in clients[:MOST_IN_MESSAGE])
    if more <= 0:
        return first
    return ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {"names": first, "n": more}

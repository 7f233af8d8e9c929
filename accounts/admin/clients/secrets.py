"""Secrets of clients: made by the server, shown once, and replaced with an overlap."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.rights import may_act_through
from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.client_credentials.secrets import OVERLAP, Holder, rotate
from accounts.models import Client

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ROTATIONS = ("rotate_secret", "replace_secret", "replace_keys")
MORE_RIGHTS = _("This client acts as a service person with permissions that you lack. Ask a superuser.")
CLIENT_SECRET = _("This is the client secret. Copy it now, because it is not shown again.")
COPY = _("Copy the secret")
# The question of each action, and its consequence.
ROTATE = (
    _("Rotate the secret of {}?"),
    _(
        "The next page shows a new secret, once. The former one is accepted for another day: enter the new one in the "
        "app’s own settings until then."
    ),
)
REPLACE = (
    _("Replace the secret of {} at once?"),
    _(
        "The next page shows a new secret, once. The former one is refused from now on: the app cannot get or refresh "
        "tokens until the new one is in its own settings. Do this where others may know the secret."
    ),
)


class SecretsMixin(ObjectActionsMixin):
    """Actions that replace the secret of a client."""

    @admin.action(description=_("Rotate secret…"), permissions=["change"])
    @asks(*ROTATE, button=_("Rotate secret"))
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        """Set a new secret; the former one is accepted for OVERLAP."""
        self._rotate(request, queryset.get(), OVERLAP)

    @admin.action(description=_("Replace secret at once…"), permissions=["change"])
    @asks(*REPLACE, button=_("Replace secret at once"), is_risky=True)
    def replace_secret(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        """Set a new secret, and accept no other: for one that others may know."""
        self._rotate(request, queryset.get(), timedelta())

    @transaction.atomic
    def _rotate(self, request: HttpRequest, client: Client, overlap: timedelta) -> None:
        if not client.has_secret:
            self.message_user(request, gettext("This client has no secret."), messages.WARNING)
            return
        if not may_act_through(request.user, client):
            self.message_user(request, MORE_RIGHTS, messages.ERROR)
            return
        secret = rotate(client, overlap)
        self.log_bulk(request, [client], "Rotated the secret." if overlap else "Replaced the secret at once.")
        self.show_once(request, client, secret)

    def _is_allowed_for(self, request: HttpRequest, action: str, obj: Client) -> bool:
        allowed = super()._is_allowed_for(request, action, obj)
        return allowed and (action not in ROTATIONS or may_act_through(request.user, obj))

    def show_once(self, request: HttpRequest, client: Client, secret: str) -> None:
        self.message_user(request, shown_once(client, secret), messages.WARNING)


def shown_once(holder: Holder, secret: str, told: "StrOrPromise" = CLIENT_SECRET) -> SafeString:
    """Return the message with a new secret, and with the end of the former one if it has an overlap.

    `told` says what the secret is, and to copy it.
    """
    former = ""
    if holder.former_secret and holder.former_secret_until is not None:
        until = date_format(timezone.localtime(holder.former_secret_until), "DATETIME_FORMAT")
        former = gettext("The former secret is accepted until %(time)s.") % {"time": until}
    return format_html('{} <span class="copyable"><code data-copy="{}">{}</code></span> {}', told, COPY, secret, former)

"""Admin of the keys that sign JWTs: a list, and the button that rotates them. No page shows a private key."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.audited import STORED_LANGUAGE
from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import LargeTableMixin, ObjectActionsMixin, ReadOnlyMixin
from accounts.admin_base.states import badge
from accounts.models import SigningKey
from accounts.signing import keys

WAITING, ACTIVE, FORMER = "waiting", "active", "former"


@admin.register(SigningKey)
class SigningKeyAdmin(ObjectActionsMixin, ReadOnlyMixin, LargeTableMixin):
    """Only the server makes keys. To rotate them takes the permission to add one."""

    list_display = ("kid", "algorithm", "state", "signs_from", "created_at")
    ordering = ("-generation",)
    object_actions = ("rotate",)
    fields = ("kid", "algorithm", "state", "signs_from", "created_at", "shown_key")

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth_mcp.add_signingkey")

    def is_applicable(self, action: str, obj: SigningKey) -> bool:
        return state_of(obj) == ACTIVE

    @admin.display(description=_("state"))
    def state(self, obj: SigningKey) -> SafeString:
        return badge(state_of(obj))

    @admin.display(description=_("public key"))
    def shown_key(self, obj: SigningKey) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(obj.public_jwk, indent=2))

    @admin.action(description=_("Rotate…"), permissions=["rotate"])
    @asks(
        _("Rotate the signing key {}?"),
        _(
            "A new key is published now. It signs once the servers that verify tokens have read it; this one signs "
            "until then, and stays published until its last token has ended."
        ),
        button=_("Rotate"),
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Publish a new key, which signs later."""
        try:
            key = keys.rotate()
        except keys.RotationRefused as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        at = timezone.localtime(key.signs_from)
        with translation.override(STORED_LANGUAGE):
            rotated = f"Rotated: it signs from {date_format(at, 'DATETIME_FORMAT')}."
        self.log_bulk(request, [key], rotated)
        signs_from = date_format(at, "DATETIME_FORMAT")
        text = gettext(
            "The new key is published, and signs from %(time)s. Servers that verify have read it by then."
        ) % {"time": signs_from}
        self.message_user(request, text, messages.SUCCESS)


def state_of(key: SigningKey) -> str:
    """Return whether `key` signs, will sign, or is published for tokens that it signed before."""
    if key.signs_from > timezone.now():
        return WAITING
    return ACTIVE if key == keys.current() else FORMER

"""Pages on which an operator confirms to end access: they name the apps or people and count what ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import confirmation
from accounts.admin_base.confirmation import pks_of
from accounts.admin_base.ending.summary import APP, Summary, summarize
from accounts.admin_base.mixins import Link, ObjectActionsMixin
from accounts.models import AuthorizationQuerySet
from accounts.revocation.authorizations import revoke

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Part of the signed value: it must not change when the module moves.
SALT = "accounts.admin.ending"
NOT_CHOSEN = _("Choose what should happen, then confirm.")
TEMPLATE = "admin/oauth_mcp/end_access.html"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to end access, which the form sends as `what`."""

    what: str
    label: "StrOrPromise"
    help: "StrOrPromise" = ""


REVOKE = Choice("revoke", _("Revoke"), _("Its tokens end for good."))


@dataclass(frozen=True, slots=True)
class Ending:
    """An end of access to confirm: of the rows with `pks`, in one of the ways of `choices`, the first by default."""

    summary: Summary
    pks: Sequence[Any]
    choices: Sequence[Choice]
    title: str
    button: str
    cancel_url: str
    note: str = ""
    links: Sequence[Link] = ()

    @property
    def digest(self) -> str:
        return confirmation.digest_of(list(self.pks), salt=SALT)


def confirmed_choice(request: HttpRequest, ending: Ending) -> str:
    """Return the choice that the form confirms; "" if it confirms none. A message says why where it was sent."""
    if not confirmation.is_confirmed(request, ending.digest, changed=confirmation.CHANGED):
        return ""
    what = request.POST.get("what", "")
    if what not in {choice.what for choice in ending.choices}:
        messages.error(request, NOT_CHOSEN)
        return ""
    return what


def confirmation_page(model_admin: admin.ModelAdmin, request: HttpRequest, ending: Ending) -> HttpResponse:
    fields = confirmation.fields_of(request)
    return confirmation.confirmation_page(
        model_admin, request, TEMPLATE, title=ending.title, digest=ending.digest, ending=ending, fields=fields
    )


class RevokeAuthorizationsMixin(ObjectActionsMixin):
    """Adds *Revoke access…*, for one row or many: it revokes the authorizations that belong to the rows."""

    actions = ["revoke_access"]
    object_actions: ClassVar[Sequence[str]] = ("revoke_access",)

    def get_authorizations(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        """Return the authorizations that belong to `rows`."""
        raise NotImplementedError

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Require the permission to change authorizations, on every page."""
        return request.user.has_perm("oauth_mcp.change_authorization")

    @admin.action(description=_("Revoke access…"), permissions=["revoke"])
    def revoke_access(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        summary = summarize(self.get_authorizations(queryset), APP)
        if not summary.rows:
            self.message_user(request, gettext("Nothing to revoke: no authorization was live."), messages.INFO)
            return None
        ending = Ending(
            summary=summary,
            pks=pks_of(queryset),
            choices=[REVOKE],
            title=gettext("Revoke access of %(subject)s?") % {"subject": summary.title},
            button=gettext("Revoke access"),
            cancel_url=self.back_url(request, queryset),
            note=gettext("This cannot be undone. People can connect the apps again."),
        )
        if not confirmed_choice(request, ending):
            return confirmation_page(self, request, ending)
        # Logged first, because revocation may remove rows from a list of live ones.
        self.log_bulk(request, queryset, "Revoked access.")
        revoke(self.get_authorizations(queryset), reason="operator")
        self.message_user(
            request, gettext("Access revoked: %(summary)s.") % {"summary": summary.sentence}, messages.SUCCESS
        )
        return None

"""*End all access* of people: the operator signs them out, revokes their apps, and suspends the account if wanted."""

from collections.abc import Callable, Iterable

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.rights import may_manage
from accounts.admin_base.audited import AuditedMixin
from accounts.admin_base.confirmation import asks, pks_of
from accounts.admin_base.ending.confirmed import Choice, Ending, confirmation_page, confirmed_choice
from accounts.admin_base.ending.summary import PERSON, live_authorizations_of, summarize
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.languages.sentences import join
from accounts.models import new_session_epoch
from accounts.numbers import count
from accounts.revocation.authorizations import in_batches, revoke
from accounts.revocation.deletion import end_access
from accounts.user_model import User

SUSPEND = Choice(
    "suspend",
    _("Suspend the account, sign out everywhere, and revoke all access"),
    _(
        "They can neither sign in nor connect an app. You can reactivate the account; apps must then be connected "
        "again."
    ),
)
SIGN_OUT = Choice(
    "sign_out",
    _("Sign out everywhere, and revoke all access"),
    _("They can sign in and connect apps again at once: for a lost device."),
)
REVOKE = Choice(
    "revoke", _("Only revoke all access"), _("Their browsers stay signed in. Apps must be connected again.")
)
# For the histories, which are in English, and for the operator.
ENDED = {
    SUSPEND.what: "Suspended, signed out and access revoked.",
    SIGN_OUT.what: "Signed out and access revoked.",
    REVOKE.what: "Access revoked.",
}
TOLD = {
    SUSPEND.what: _("Suspended, signed out and access revoked: %(summary)s."),
    SIGN_OUT.what: _("Signed out and access revoked: %(summary)s."),
    REVOKE.what: _("Access revoked: %(summary)s."),
}
NOBODY = _("Nobody reactivated: these accounts are active, or need a superuser.")
# As many people are read, to look at their permissions.
MOST_MANAGED = 1000


class EndAccessMixin(ObjectActionsMixin):
    """Adds the actions to end all access of people and to reactivate their accounts."""

    def has_end_access_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oauth_mcp.change_authorization")

    @admin.action(description=_("End all access…"), permissions=["end_access"])
    def end_access(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        summary = summarize(live_authorizations_of(queryset, PERSON), PERSON, queryset)
        ending = Ending(
            summary=summary,
            pks=pks_of(queryset),
            choices=[SUSPEND, SIGN_OUT, REVOKE] if self._may_suspend(request, queryset) else [REVOKE],
            title=gettext("End all access of %(subject)s?") % {"subject": summary.title},
            button=gettext("End all access"),
            cancel_url=self.back_url(request, queryset),
        )
        what = confirmed_choice(request, ending)
        if not what:
            return confirmation_page(self, request, ending)
        people = User.objects.filter(pk__in=ending.pks)
        for batch in in_batches(ending.pks):
            _end(self, request, User.objects.filter(pk__in=batch), what)
        revoke(live_authorizations_of(people, PERSON), reason="operator")
        told = TOLD[what] % {"summary": summary.sentence}
        undo = gettext("To undo the suspension, choose Reactivate on their page.") if what == SUSPEND.what else ""
        self.message_user(request, join(told, undo), messages.SUCCESS)
        return None

    def _may_suspend(self, request: HttpRequest, people: QuerySet[User]) -> bool:
        """Return whether the operator may change each of `people`. Nobody suspends themselves."""
        if not self.has_change_permission(request):
            return False
        chosen: Iterable[User] = people.order_by("pk")[: MOST_MANAGED + 1]
        found = list(chosen)
        return len(found) <= MOST_MANAGED and all(
            person != request.user and may_manage(request.user, person) for person in found
        )

    @admin.action(description=_("Reactivate…"), permissions=["change"])
    @asks(
        _("Reactivate {}?"),
        _(
            "They can sign in again, with the password or the second factor that they had. They must connect their "
            "apps again."
        ),
        button=_("Reactivate"),
    )
    @transaction.atomic
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Make suspended accounts active again. The operator must be allowed to change each of them."""
        inactive = User.objects.filter(pk__in=pks_of(queryset), is_active=False)
        people = [person for person in inactive[:MOST_MANAGED] if self.has_change_permission(request, person)]
        self.log_bulk(request, people, "Reactivated.")
        # Any that is left, because an earlier revocation stopped before its end.
        revoke(live_authorizations_of(inactive, PERSON), reason="operator")
        User.objects.filter(pk__in=[person.pk for person in people]).update(is_active=True)
        if not people:
            self.message_user(
                request, gettext("Nobody reactivated: these accounts are active, or need a superuser."), messages.INFO
            )
            return
        named = ", ".join(str(person) for person in people[:5])
        more = len(people) - 5
        if more > 0:
            text = ngettext("%(names)s and %(number)s more", "%(names)s and %(number)s more", more)
            named = text % {"names": named, "number": count(more)}
        told = gettext("Reactivated: %(names)s. They must connect their apps again.") % {"names": named}
        self.message_user(request, told)


@transaction.atomic
def _end(model_admin: AuditedMixin, request: HttpRequest, people: QuerySet[User], what: str) -> None:
    """Write to the histories of `people` what ends, and suspend them or end their browser sessions."""
    ends: dict[str, Callable[[], object]] = {
        SUSPEND.what: lambda: end_access(people),
        SIGN_OUT.what: lambda: people.update(session_epoch=new_session_epoch()),
    }
    model_admin.log_bulk(request, people, ENDED[what])
    ends.get(what, lambda: None)()

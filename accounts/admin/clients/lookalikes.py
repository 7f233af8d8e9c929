"""Look-alikes: clients that registered with the same name and redirect URIs, as groups, and the removal of unused ones.

They are never merged, because a client's name proves nothing.
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import ObjectActionsMixin
from accounts.conf import conf
from accounts.db.short_transactions import short_transaction
from accounts.models import AccessToken, Client, Grant, RefreshToken
from accounts.numbers import count
from accounts.revocation.authorizations import in_batches

GROUPS_PER_PAGE = 50
BATCH_SIZE = 200
PAGE = "admin:oauth_mcp_client_lookalikes"


def self_registered() -> QuerySet[Client]:
    return Client.objects.filter(registration_source=Client.RegistrationSource.DCR)


def in_use() -> Q:
    """Return the condition that a client holds a live token or code. An authorization without one does not count."""
    now = timezone.now()
    alive = Q(authorization__expires_at=None) | Q(authorization__expires_at__gt=now), Q(authorization__revoked_at=None)
    since = now - timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS)
    credentials = (
        RefreshToken.objects.filter(*alive, revoked=None, created__gt=since),
        AccessToken.objects.filter(*alive, expires__gt=now),
        Grant.objects.filter(*alive, expires__gt=now, redeemed_at=None),
    )
    refresh, access, code = (Q(Exists(rows.filter(application=OuterRef("pk")))) for rows in credentials)
    return refresh | access | code


def unused(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Return those of `clients` without a live token or code.

    Suspended ones are kept, because they could register again without a review (accounts/clients/identity/review.py).
    """
    return clients.filter(suspended_at=None).exclude(in_use())


def groups() -> QuerySet[Client, Any]:
    """Return the groups, the largest first: lookalike, name, redirect URIs, count, time of the latest, its key."""
    return (
        self_registered()
        .order_by()
        .values("lookalike")
        .annotate(count=Count("pk"), name=Min("name"), uris=Min("redirect_uris"), latest=Max("created"), id=Max("pk"))
        .filter(count__gt=1)
        .order_by("-count", "lookalike")
    )


def with_usage(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups of one page, each with the number of its clients in use."""
    in_groups = self_registered().filter(in_use(), lookalike__in=[group["lookalike"] for group in page])
    used = dict(in_groups.order_by().values_list("lookalike").annotate(Count("pk")))
    return [group | {"used": used.get(group["lookalike"], 0)} for group in page]


class LookalikesMixin(ObjectActionsMixin):
    change_list_template = "admin/oauth_mcp/client/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.lookalikes_view)
        return [path("lookalikes/", view, name="oauth_mcp_client_lookalikes"), *super().get_urls()]

    def back_url(self, request: HttpRequest, rows: QuerySet[Any]) -> str:
        return reverse(PAGE) if "lookalike" in request.POST else super().back_url(request, rows)

    def lookalikes_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.remove_unused(request)
        page = Paginator(groups(), GROUPS_PER_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Repeated registrations"),
            "opts": self.opts,
            "page": page,
            "groups": with_usage(list(page)),
            "may_delete": self.has_delete_permission(request),
        }
        return TemplateResponse(request, "admin/oauth_mcp/client/lookalikes.html", context)

    def remove_unused(self, request: HttpRequest) -> HttpResponse:
        if not self.has_delete_permission(request):
            raise PermissionDenied
        chosen = request.POST.getlist("lookalike")
        if not all(len(each) == 64 and each.isalnum() for each in chosen):
            raise Http404
        found = unused(self_registered().filter(lookalike__in=chosen))
        return self.remove_all(request, found) or HttpResponseRedirect(reverse(PAGE))

    @admin.action(description=_("Remove unused…"), permissions=["delete"])
    @asks(
        _("Remove {}?"),
        _(
            "No client here has a token or a code that is valid. An app whose client is removed registers again when "
            "somebody connects it."
        ),
        button=_("Remove unused"),
        is_risky=True,
    )
    def remove_all(self, request: HttpRequest, clients: QuerySet[Client]) -> None:
        found, ended = list(clients.values_list("pk", flat=True)), 0
        # Clients register themselves without a limit, so each batch has its own short transaction.
        for batch in in_batches(found, BATCH_SIZE):
            with short_transaction():
                still_unused = unused(self.get_queryset(request).filter(pk__in=batch))
                removed = self.get_queryset(request).filter(pk__in=list(still_unused.values_list("pk", flat=True)))
                self.log_deletions(request, removed)
                ended += len(removed)
            self.delete_queryset(request, removed)
        message = (
            ngettext("%(number)s unused client removed.", "%(number)s unused clients removed.", ended)
            % {"number": count(ended)}
            if ended
            else gettext("Nothing to remove.")
        )
        self.message_user(request, message, messages.SUCCESS if ended else messages.INFO)

    @admin.display(description=_("registered again"))
    def lookalikes(self, client: Client) -> str:
        others = Client.objects.filter(lookalike=client.lookalike).exclude(pk=client.pk).count()
        listed = reverse("admin:oauth_mcp_client_changelist", query={"like": client.pk})
        return format_html('<a href="{}">{}</a>', listed, others) if others else gettext("none")

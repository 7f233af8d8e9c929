"""Clients that registered again and again, grouped by what they look like, and removed where nobody uses them.

They are never merged: what they call themselves proves nothing.
"""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import Authorization, Client

GROUPS_A_PAGE = 50


def registered_by_themselves() -> QuerySet[Client]:
    return Client.objects.filter(registration_source=Client.RegistrationSource.DCR)


def unused(clients: QuerySet[Client]) -> QuerySet[Client]:
    """Those of `clients` that nobody lets in any more."""
    return clients.exclude(Exists(Authorization.objects.live().filter(consent__client=OuterRef("pk"))))


def groups() -> QuerySet[Client, Any]:
    """The largest first: lookalike, name, how many, of how many of them somebody lets in, and since when."""
    live = Exists(Authorization.objects.live().filter(consent__client=OuterRef("pk")))
    return (
        registered_by_themselves()
        .order_by()
        .values("lookalike")
        .annotate(count=Count("pk"), name=Min("name"), uris=Min("redirect_uris"), latest=Max("created"), id=Max("pk"))
        .filter(count__gt=1)
        .annotate(used=Count("pk", filter=Q(live)))
        .order_by("-count", "lookalike")
    )


class ListsLookalikes(admin.ModelAdmin):
    change_list_template = "admin/accounts/client/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.lookalikes_view)
        return [path("lookalikes/", view, name="accounts_client_lookalikes"), *super().get_urls()]

    def lookalikes_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.remove_unused(request)
        page = Paginator(groups(), GROUPS_A_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Clients that look alike",
            "opts": self.opts,
            "page": page,
            "may_delete": self.has_delete_permission(request),
        }
        return TemplateResponse(request, "admin/accounts/client/lookalikes.html", context)

    @transaction.atomic
    def remove_unused(self, request: HttpRequest) -> HttpResponse:
        if not self.has_delete_permission(request):
            raise PermissionDenied
        chosen = request.POST.getlist("lookalike")
        if not all(len(each) == 64 and each.isalnum() for each in chosen):
            raise Http404
        found = list(unused(registered_by_themselves().filter(lookalike__in=chosen)).values_list("pk", flat=True))
        removed = self.get_queryset(request).filter(pk__in=found)
        self.log_deletions(request, removed)
        self.delete_queryset(request, removed)
        told = (
            f"{len(found)} client{pluralize(len(found))} that nobody uses removed." if found else "Nothing to remove."
        )
        self.message_user(request, told, messages.SUCCESS if found else messages.INFO)
        return HttpResponseRedirect(reverse("admin:accounts_client_lookalikes"))

    @admin.display(description="look-alikes")
    def lookalikes(self, client: Client) -> str:
        others = Client.objects.filter(lookalike=client.lookalike).exclude(pk=client.pk).count()
        listed = reverse("admin:accounts_client_changelist", query={"like": client.pk})
        return format_html('<a href="{}">{}</a>', listed, others) if others else "none"

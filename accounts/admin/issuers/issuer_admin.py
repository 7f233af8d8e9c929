"""Admin of trusted issuers: what they may assert, for which clients, and whom their subjects are."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.issuers.check_page import CheckPageMixin
from accounts.admin.issuers.forms import TrustedIssuerForm, WorkloadRuleForm
from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import LargeTableMixin, Link, ObjectActionsMixin
from accounts.admin_base.states import badge
from accounts.models import Authorization, IssuerSubject, TrustedIssuer, WorkloadRule
from accounts.numbers import count

Use = TrustedIssuer.Use
# Fields of one use alone.
PEOPLE = ("match", "email_domains", "adds_people", "most_people")
WORKLOADS = ("audience",)
NO_CLIENTS = _("No client may present its assertions yet: choose one under “Clients”.")


class SuperuserMixin(admin.options.BaseModelAdmin):
    """Changes only by superusers."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


class SubjectInline(SuperuserMixin, admin.TabularInline):
    """Subjects that are people here. One is changed by deleting it and adding another."""

    model = IssuerSubject
    fields = ("subject", "user", "origin")
    readonly_fields = ("origin",)
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name = _("person")
    verbose_name_plural = _("people: subjects, and whom they are here")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("since"))
    def origin(self, obj: IssuerSubject) -> str:
        return gettext("listed by an operator") if obj.is_listed else gettext("its first use")


class RuleInline(SuperuserMixin, admin.StackedInline):
    """Rules for workloads, of which the first that matches decides."""

    model = WorkloadRule
    form = WorkloadRuleForm
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name_plural = _("rules for workloads: the first that matches decides")


@admin.register(TrustedIssuer)
class TrustedIssuerAdmin(SuperuserMixin, CheckPageMixin, ObjectActionsMixin, LargeTableMixin):
    """Each change of the terms ends what was issued on the former ones (accounts/trusted_issuers/ending.py)."""

    form = TrustedIssuerForm
    list_display = ("name", "issuer", "use", "state", "live_authorizations", "created_at")
    list_filter = ("use",)
    search_fields = ("name", "issuer")
    autocomplete_fields = ("clients",)
    actions = ("switch_off", "switch_on")
    object_actions = ("switch_off", "switch_on")
    change_list_template = "admin/oauth_mcp/trustedissuer/change_list.html"
    readonly_fields = ("state", "live_authorizations")
    fieldsets = (
        (None, {"fields": ("name", "issuer", "use", "state", "live_authorizations")}),
        (_("Keys"), {"fields": ("jwks_uri", "jwks", "algorithms")}),
        (_("What it may grant"), {"fields": ("clients", "scope", "resources", "once")}),
        (_("People (for ID-JAGs)"), {"fields": PEOPLE}),
        (_("Workloads"), {"fields": WORKLOADS}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: TrustedIssuer | None = None) -> Any:
        """Return the fields; a new issuer has those of both uses, and no state yet."""
        (_none, first), *others = super().get_fieldsets(request, obj)
        if obj is None:
            own = tuple(name for name in first["fields"] if name not in self.readonly_fields)
            return [(None, {"fields": own}), *others]
        of_other_use = {Use.ID_JAG.value: WORKLOADS, Use.WORKLOAD.value: PEOPLE}[obj.use]
        return [(None, first), *(each for each in others if each[1]["fields"] != of_other_use)]

    def get_inlines(self, request: HttpRequest, obj: TrustedIssuer | None) -> list[Any]:
        if obj is None:
            return []
        return [SubjectInline if obj.use == Use.ID_JAG else RuleInline]

    def get_readonly_fields(self, request: HttpRequest, obj: TrustedIssuer | None = None) -> tuple[str, ...]:
        # Its subjects or rules belong to the use.
        return (*self.readonly_fields, "use") if obj is not None else self.readonly_fields

    def get_object_links(self, request: HttpRequest, obj: TrustedIssuer) -> list[Link]:
        return [{"label": gettext("Check an assertion"), "url": reverse("admin:oauth_mcp_trustedissuer_check")}]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not form.instance.clients.exists():
            messages.warning(request, NO_CLIENTS)

    def response_post_save_add(self, request: HttpRequest, obj: TrustedIssuer) -> HttpResponseRedirect:
        """Redirect to the issuer's page, where its subjects or rules are entered."""
        return HttpResponseRedirect(reverse("admin:oauth_mcp_trustedissuer_change", args=(obj.pk,)))

    def is_applicable(self, action: str, obj: TrustedIssuer) -> bool:
        return obj.is_active == (action == "switch_off")

    @admin.display(description=_("state"))
    def state(self, obj: TrustedIssuer) -> SafeString:
        return badge("active" if obj.is_active else "off")

    @admin.display(description=_("connections"))
    def live_authorizations(self, obj: TrustedIssuer) -> int:
        return Authorization.objects.live().filter(issuer=obj.pk).count()

    @admin.action(description=_("Switch off, and end its tokens…"), permissions=["change"])
    @asks(
        _("Switch off {}, and end its tokens?"),
        _("All connections by its assertions end at once, and its assertions are refused."),
        button=_("Switch off"),
        is_risky=True,
    )
    def switch_off(self, request: HttpRequest, queryset: QuerySet[TrustedIssuer]) -> None:
        self.log_bulk(request, queryset, "Switched off.")
        live = Authorization.objects.live().filter(issuer__in=list(queryset.values_list("pk", flat=True))).count()
        queryset.update(is_active=False)
        self.message_user(
            request, gettext("Switched off. Connections ended: %(number)s.") % {"number": count(live)}, messages.SUCCESS
        )

    @admin.action(description=_("Switch on…"), permissions=["change"])
    @asks(
        _("Switch on {}?"),
        _("Its assertions are accepted again, for the clients and people on its page."),
        button=_("Switch on"),
    )
    def switch_on(self, request: HttpRequest, queryset: QuerySet[TrustedIssuer]) -> None:
        self.log_bulk(request, queryset, "Switched on.")
        queryset.update(is_active=True)
        self.message_user(request, gettext("Switched on. Its next assertions are accepted."), messages.SUCCESS)

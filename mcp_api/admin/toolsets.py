"""Admin of toolsets: endpoints of their own, with some of the tools. Changes apply from the next request on."""

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, npgettext
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.clients.forms import OnePerLineField, ScopesField
from accounts.admin_base.audited import AuditedMixin
from accounts.admin_base.links import link_to_list
from accounts.admin_base.operators import may_view
from accounts.http.address import resource, resource_at
from accounts.models import Authorization
from mcp_api.admin.policies import add_missing as add_missing_policies
from mcp_api.models import Policy, Toolset
from mcp_api.policy.endpoints import offered_by
from mcp_api.registry.primitive import Primitive
from mcp_api.registry.targets import all_primitives
from mcp_api.toolsets import enabled
from mcp_api.toolsets.declarations import declarations


def add_missing() -> None:
    """Create a row for each toolset that an app declares and that has none."""
    known = set(Toolset.objects.values_list("name", flat=True))
    missing = [Toolset(name=name) for name in declarations if name not in known]
    Toolset.objects.bulk_create(missing, ignore_conflicts=True)


def members_of(toolset: Toolset) -> list[Primitive]:
    """Return all that belongs to `toolset`, whether it is on or off."""
    found = enabled.read(toolset)
    return [each for each in all_primitives().values() if found.includes(each)]


class ToolsetForm(forms.ModelForm):
    apps = ScopesField(
        label=_("Apps"),
        required=False,
        choices=lambda: [(label, label) for label in sorted(labels())],
        help_text=_("All that these apps declare, now and later."),
    )
    include = OnePerLineField(
        label=_("Names"),
        required=False,
        help_text=_(
            "One on each line: the name of a tool, prompt or skill, or the URI of a resource. * stands for any "
            "characters, as in invoice_*."
        ),
    )
    scopes = ScopesField(
        label=_("Offered scopes"),
        required=False,
        choices=lambda: [
            (each.name, f"{each.name}: {each.description}")
            for each in scopes.describe(scopes.names(of_resource_only=True))
        ],
        help_text=_(
            "What people can grant here. Tools that need others are hidden. None selected: all that they need."
        ),
    )

    class Meta:
        model = Toolset
        fields = ("name", "title", "instructions", "enabled", "apps", "include", "picked", "scopes", "groups")
        widgets = {"instructions": AdminTextareaWidget(attrs={"rows": 4})}


def labels() -> set[str]:
    """Return the labels of the apps that declare something for clients."""
    return {enabled.app_of(each.declared_in) for each in all_primitives().values()} - {""}


@admin.register(Toolset)
class ToolsetAdmin(AuditedMixin):
    form = ToolsetForm
    list_display = ("name", "shown_title", "enabled", "size", "available_to", "connections")
    list_filter = ("enabled",)
    search_fields = ("name", "title")
    filter_horizontal = ("picked",)
    fieldsets = (
        (None, {"fields": ("name", "address", "title", "instructions", "enabled", "declared", "connections")}),
        (_("What is in it"), {"fields": ("apps", "include", "picked", "contents")}),
        (_("Who may use it"), {"fields": ("groups", "scopes")}),
    )
    computed = ("address", "declared", "connections", "contents")

    def get_readonly_fields(self, request: HttpRequest, obj: Toolset | None = None) -> tuple[str, ...]:
        return self.computed if obj is None else ("name", *self.computed)

    def get_fieldsets(self, request: HttpRequest, obj: Toolset | None = None) -> Any:
        """Without the computed fields while a toolset is added."""
        if obj is not None:
            return self.fieldsets
        return [
            (title, {"fields": [name for name in options["fields"] if name not in self.computed]})
            for title, options in self.fieldsets
        ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Toolset]:
        self.own = resource(request)
        return super().get_queryset(request).prefetch_related("groups", "picked")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "GET":
            add_missing()
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "GET":
            add_missing_policies()
        return super().changeform_view(request, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Toolset | None = None) -> bool:
        """Only rows of toolsets that no app declares: any other would be created again."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.name not in declarations)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    # --- Columns and fields --------------------------------------------------------------------

    @admin.display(description=_("title"))
    def shown_title(self, toolset: Toolset) -> str:
        return enabled.read(toolset).title

    @admin.display(description=_("address"))
    def address(self, toolset: Toolset) -> SafeString:
        address = resource_at(self.own, toolset.name)
        return format_html(
            '<span class="copyable"><code data-copy="{}">{}</code></span>', gettext("Copy the address"), address
        )

    @admin.display(description=_("declared in"))
    def declared(self, toolset: Toolset) -> str:
        declared = declarations.get(toolset.name)
        if declared is None:
            return "-"
        return gettext("%(place)s. What is empty here is as declared.") % {"place": declared.declared_at}

    @admin.display(description=_("tools and others"))
    def size(self, toolset: Toolset) -> int:
        return len(members_of(toolset))

    @admin.display(description=_("available to"))
    def available_to(self, toolset: Toolset) -> str:
        return ", ".join(group.name for group in toolset.groups.all()) or gettext("everyone")

    @admin.display(description=_("connections"))
    def connections(self, toolset: Toolset) -> SafeString | str:
        identifier = resource_at(self.own, toolset.name)
        count = Authorization.objects.live().filter(resource=identifier).count()
        if not count or not may_view(toolset, Authorization):
            return str(count)
        return link_to_list(Authorization, str(count), on=toolset, resource=identifier)

    @admin.display(description=_("contents"))
    def contents(self, toolset: Toolset) -> SafeString | str:
        """Return the names of all that is in it, by kind, and what is hidden because its scopes are not offered."""
        found = enabled.read(toolset)
        offered, by_kind = offered_by(found), defaultdict(list)
        for each in members_of(toolset):
            hidden = not set(each.scopes) <= set(offered)
            by_kind[each.kind].append(gettext("%(name)s (hidden)") % {"name": each.key} if hidden else each.key)
        lines = ((_kind_label(kind, len(names)), ", ".join(sorted(names))) for kind, names in by_kind.items())
        return format_html_join("", "<p><b>{}</b>: {}</p>", lines) or gettext("Nothing: choose apps or names.")


def _kind_label(kind: str, number: int) -> str:
    match kind:
        case Policy.Kind.TOOL:
            return npgettext("kind", "tool", "tools", number)
        case Policy.Kind.RESOURCE:
            return npgettext("kind", "resource", "resources", number)
        case Policy.Kind.PROMPT:
            return npgettext("kind", "prompt", "prompts", number)
        case _:
            return npgettext("kind", "skill", "skills", number)

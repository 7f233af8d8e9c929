"""Admin of the policy for each tool, resource, prompt and skill. Changes apply from the next request on."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.activity.columns import ToolWeeksMixin
from accounts.admin.activity.page import activity_url
from accounts.admin.clients.forms import ScopesField
from accounts.admin_base.audited import AuditedMixin
from accounts.admin_base.filters import primary_key
from accounts.admin_base.links import link_if, link_to, link_to_list
from accounts.admin_base.operators import may_view
from accounts.languages.sentences import listed
from accounts.models import Event
from accounts.numbers import count
from mcp_api.models import Policy, Task
from mcp_api.policy import machines
from mcp_api.registry import targets
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import Primitive

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def primitive_of(policy: Policy) -> Primitive | None:
    """Return the primitive of a policy; None if no app declares it any more."""
    return targets.by_key(policy.kind, policy.name)


def add_missing() -> None:
    """Create a row, with defaults, for each primitive that has none."""
    known = set(Policy.objects.values_list("kind", "name"))
    missing = [Policy(kind=kind, name=name) for kind, name in targets.all_primitives()]
    Policy.objects.bulk_create(
        (policy for policy in missing if (policy.kind, policy.name) not in known), ignore_conflicts=True
    )


class PolicyForm(forms.ModelForm):
    scopes = ScopesField(
        label=_("Required scopes"),
        required=False,
        help_text=_("These replace the scopes that its author declared. Without any, the author's apply."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "scopes" in self.fields:
            known = scopes.describe(scopes.names(of_resource_only=True))
            self.fields["scopes"].choices = [  # type: ignore[attr-defined]
                (scope.name, f"{scope.name}: {scope.description}") for scope in known
            ]


class PolicyRowForm(forms.ModelForm):
    """A row of the list, whose checkbox has no label beside it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["enabled"]
        field.help_text = ""
        field.widget.attrs["aria-label"] = gettext("Enable %(name)s") % {"name": self.instance.name}


class GroupsFilter(admin.RelatedFieldListFilter):
    """A filter by allowed groups, with words for those without any."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.empty_value_display = format_html("{}", gettext("no group"))


# In a list of who may use it.
AUDIENCES: dict[str, "StrOrPromise"] = {
    Policy.Audience.PEOPLE: _("people only"),
    Policy.Audience.SERVICE: _("service people only"),
}


class AudienceFilter(admin.SimpleListFilter):
    """A filter by people or machines. Django's own offers no value that is empty."""

    title = _("people or machines")
    parameter_name = "audience"
    EVERYONE = "everyone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value or self.EVERYONE, label) for value, label in Policy.Audience.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Policy]) -> QuerySet[Policy]:
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(audience="" if chosen == self.EVERYONE else chosen)


class ClientsWidget(AutocompleteSelectMultiple):
    """A search for clients. Django's own raises ValueError for a value that is no key, which the form refuses."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if primary_key(str(key)) is not None], attr)


@admin.register(Policy)
class PolicyAdmin(ToolWeeksMixin, AuditedMixin):
    form = PolicyForm
    tools = Q(kind=Policy.Kind.TOOL)
    list_display = ("name_and_kind", "enabled", "effect", "requires", "available_to")
    list_display_links = ("name_and_kind",)
    list_editable = ("enabled",)
    list_filter = ("kind", "enabled", AudienceFilter, ("groups", GroupsFilter))
    search_fields = ("name",)
    list_per_page = 100
    readonly_fields = ("kind", "name", "description", "effect", "declared", "use", "service_people")
    fields = (
        *("name", "kind", "description", "effect", "declared", "use"),
        *("enabled", "scopes", "audience", "groups", "service_people", "clients"),
        *("calls_per_minute", "keep_arguments"),
    )

    def tool_names(self) -> Iterable[str]:
        return registry.tools

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{**kwargs, "form": PolicyRowForm})

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        elif db_field.name == "clients":
            kwargs["widget"] = ClientsWidget(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        return super().get_queryset(request).prefetch_related("groups", "clients")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "GET":
            add_missing()
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Apps declare primitives in code, so no row can be added here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        """Only rows of primitives that no app declares any more: any other would be created again, with defaults."""
        return super().has_delete_permission(request, obj) and obj is not None and primitive_of(obj) is None

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    # --- Columns and fields --------------------------------------------------------------------

    @admin.display(description=_("name"), ordering="name")
    def name_and_kind(self, policy: Policy) -> SafeString:
        return format_html("{} <small>{}</small>", policy.name, policy.get_kind_display())

    @admin.display(description=_("effect"))
    def effect(self, policy: Policy) -> str:
        primitive = primitive_of(policy)
        if primitive is None:
            return gettext("no longer available")
        return str(scopes.DOES_IN_WORDS[primitive.effect])

    @admin.display(description=_("requires"))
    def requires(self, policy: Policy) -> str:
        primitive = primitive_of(policy)
        declared = (*primitive.scopes, *primitive.permissions) if primitive is not None else ()
        return policy.scopes or ", ".join(declared)

    @admin.display(description=_("available to"))
    def available_to(self, policy: Policy) -> str:
        kind = [str(AUDIENCES[policy.audience])] if policy.audience else []
        people = listed([*(group.name for group in policy.groups.all()), *kind]) or gettext("everyone")
        if blocked := listed(policy.clients.all()):
            people = gettext("%(people)s, but not through %(clients)s") % {"people": people, "clients": blocked}
        if limit := policy.calls_per_minute:
            calls = ngettext("%(people)s, %(count)s call per minute", "%(people)s, %(count)s calls per minute", limit)
            return calls % {"people": people, "count": count(limit)}
        return people

    @admin.display(description=_("service people with access"))
    def service_people(self, policy: Policy) -> SafeString | str:
        """Return the service people that may use it, as the rule was saved, each with its mark."""
        found, more = machines.allowed(policy, primitive_of(policy))
        listed = format_html_join(", ", "{}", ((link_to(person, on=policy),) for person in found))
        if not found:
            return gettext("none")
        return format_html(gettext("{people}, and others"), people=listed) if more else listed

    @admin.display(description=_("description"))
    def description(self, policy: Policy) -> SafeString | str:
        primitive = primitive_of(policy)
        # In the direction of its own language.
        return format_html('<bdi dir="auto">{}</bdi>', primitive.description) if primitive is not None else ""

    @admin.display(description=_("use"))
    def use(self, policy: Policy) -> SafeString | str:
        """Return links to the activity and the tasks of a tool."""
        if policy.kind != Policy.Kind.TOOL:
            return "-"
        links = [link_if(True, activity_url(tool=policy.name), gettext("Activity"))] if may_view(policy, Event) else []
        links += [link_to_list(Task, gettext("Tasks"), on=policy, tool=policy.name)] if may_view(policy, Task) else []
        return format_html_join(" · ", "{}", ((link,) for link in links)) or "-"

    @admin.display(description=_("declaration"))
    def declared(self, policy: Policy) -> str:
        primitive = primitive_of(policy)
        if primitive is None:
            return "-"
        text = gettext("In <code>{place}</code>; requires the scope {scopes}.")
        if primitive.permissions:
            text = gettext("In <code>{place}</code>; requires the scope {scopes} and the permission {permissions}.")
        return format_html(
            text,
            place=primitive.declared_in,
            scopes=", ".join(primitive.scopes),
            permissions=", ".join(primitive.permissions),
        )

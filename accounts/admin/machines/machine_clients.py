"""The form at `?machine=1` that adds a client for a machine, with its service access in one step."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.forms import NameForm
from accounts.admin.machines.access_form import AccessFields, problem_of
from accounts.admin.machines.key_forms import NO_KEYS, KeyFields
from accounts.admin.rights import may_act_through
from accounts.admin_base.links import link_to
from accounts.admin_base.mixins import Link
from accounts.client_credentials.service_access import access_of
from accounts.clients.metadata.grant_types import CLIENT_CREDENTIALS
from accounts.models import Client, ServiceAccess
from accounts.user_model import User

MACHINE = "machine"
ABOUT = _(
    "A client for a program without a person, such as a nightly job. It gets tokens by its own secret or key, and acts "
    "as a service person. It has no redirect URI, because no browser is involved."
)


class MachineClientForm(AccessFields, KeyFields, NameForm):
    """A client for the grant client_credentials."""

    operator: User | AnonymousUser = AnonymousUser()

    class Meta:
        model = Client
        fields = ("name", "token_endpoint_auth_method", "jwks_uri", "jwks")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.grant_types = CLIENT_CREDENTIALS
        methods = [each for each in Client.AuthMethod.choices if each[0] != Client.AuthMethod.NONE]
        self.fields["token_endpoint_auth_method"].choices = methods  # type: ignore[attr-defined]
        self.fields["name"].help_text = gettext("For lists and the audit log.")
        self.fields["ceiling"].initial = "read"
        self.prepare(self.operator)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        by_key = cleaned.get("token_endpoint_auth_method") == Client.AuthMethod.PRIVATE_KEY_JWT
        if not by_key:
            cleaned.update(jwks_uri="", jwks=None)
        elif not self.errors and not (cleaned.get("jwks_uri") or cleaned.get("jwks")):
            self.add_error("jwks", NO_KEYS)
        return cleaned

    def give_access(self, client: Client) -> ServiceAccess:
        return ServiceAccess.objects.create(client=client, **self.terms())


class MachineClientsMixin(admin.ModelAdmin):
    """Adds the form to the clients' pages, and to a client's page the person as whom it acts."""

    def get_form(self, request: HttpRequest, obj: Client | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        if not adds_machine(request, obj):
            return super().get_form(request, obj, **kwargs)
        made = super().get_form(request, obj, **{**kwargs, "form": MachineClientForm})
        return type(made.__name__, (made,), {"operator": request.user})

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        if not adds_machine(request, obj):
            return super().get_fieldsets(request, obj)
        access = ("acts_as", "ceiling", "resources", "lifetime_minutes")
        return (
            (None, {"fields": ("name", *access), "description": ABOUT}),
            (gettext("Authentication"), {"fields": ("token_endpoint_auth_method", "jwks_uri", "jwks")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """Add the method of authentication, where another one would give the operator a secret with more rights."""
        shown = super().get_readonly_fields(request, obj)
        held = obj is not None and not may_act_through(request.user, obj)
        return (*shown, "token_endpoint_auth_method") if held else shown

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        machine = adds_machine(request, None)
        if machine and not request.user.has_perm("oauth_mcp.add_serviceaccess"):
            raise PermissionDenied
        title = {"title": gettext("Add client for a machine")} if machine else {}
        may_add = request.user.has_perm("oauth_mcp.add_serviceaccess")
        context = {"is_machine": machine, "may_add_machine": may_add, **title, **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(form, MachineClientForm):
            access = form.give_access(obj)
            self.admin_site.get_model_admin(ServiceAccess).log_addition(request, access, "Added with its client.")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Give each row of the list `is_machine`, by one query for the page."""
        changelist = super().get_changelist_instance(request)
        rows = changelist.result_list
        acting = set(ServiceAccess.objects.filter(client__in=[row.pk for row in rows]).values_list("client", flat=True))
        for row in rows:
            row.is_machine = row.pk in acting or row.grant_types == CLIENT_CREDENTIALS
        return changelist

    @admin.display(description=_("acts as"))
    def service_person(self, client: Client) -> SafeString | str:
        access = access_of(client)
        if access is None:
            return gettext("nobody by itself: people approve it")
        return link_to(
            access,
            gettext("%(person)s, with at most %(scope)s") % {"person": access.user, "scope": access.scope},
            on=client,
        )

    def service_access_links(self, request: HttpRequest, client: Client) -> list[Link]:
        """Return the link that gives `client` service access, to operators who may do that."""
        may_add = request.user.has_perm("oauth_mcp.add_serviceaccess")
        if not may_add or access_of(client) is not None or problem_of(client):
            return []
        page = reverse("admin:oauth_mcp_serviceaccess_add", query={"client": client.pk})
        return [{"label": gettext("Give service access"), "url": page}]


def adds_machine(request: HttpRequest, obj: Client | None) -> bool:
    return obj is None and MACHINE in request.GET

"""Admin of OAuth clients: added by hand, registered by themselves, or by a metadata document."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import When
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.admin.activity.page import activity_links
from accounts.admin.clients.block_page import BlockDomainsMixin, may_block
from accounts.admin.clients.forms import ClientForm
from accounts.admin.clients.key_requirements import KeyRequirementsMixin, may_require_key
from accounts.admin.clients.lookalikes import LookalikesMixin
from accounts.admin.clients.presets import preset_links
from accounts.admin.clients.secrets import SecretsMixin
from accounts.admin.clients.stopping import StoppingMixin
from accounts.admin.clients.usage import UsageMixin, format_time
from accounts.admin.clients.vouching import ApprovalMixin, needs_approval
from accounts.admin.machines.client_keys import ClientKeysMixin
from accounts.admin.machines.machine_clients import MachineClientsMixin
from accounts.admin_base.app_chips import AppChipsMixin, chip_of, render_chip
from accounts.admin_base.filters import LookalikeFilter, RecentlyActiveFilter
from accounts.admin_base.links import summary_of
from accounts.admin_base.mixins import CascadingDeletionMixin, LargeTableMixin, Link
from accounts.admin_base.states import SUSPENDED, StateFilter, StateMixin, badge, when
from accounts.audit import events
from accounts.client_credentials import secrets
from accounts.client_credentials.key_replacement import may_replace
from accounts.models import Authorization, Client, Event

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WAITING = "waiting"
REGISTERED: dict[str, "StrOrPromise"] = {
    Client.RegistrationSource.MANUAL: _("by hand"),
    Client.RegistrationSource.DCR: _("by itself"),
    Client.RegistrationSource.CIMD: _("by its metadata document"),
}


class ClientAdmin(
    AppChipsMixin,
    ApprovalMixin,
    BlockDomainsMixin,
    ClientKeysMixin,
    KeyRequirementsMixin,
    LookalikesMixin,
    MachineClientsMixin,
    SecretsMixin,
    StoppingMixin,
    CascadingDeletionMixin,
    UsageMixin,
    StateMixin,
    LargeTableMixin,
):
    """The server generates the secret of a client, shows it once on the next page, and stores it hashed."""

    form = ClientForm
    consent_field = "client"
    view_on_site = False
    states = ("active", WAITING, SUSPENDED)
    healthy_state = "active"
    list_display = ("shown_name", "state_badge", "people", "live_tokens", "last_used", "registered")
    list_filter = (
        StateFilter,
        LookalikeFilter,
        RecentlyActiveFilter,
        "registration_source",
        "token_endpoint_auth_method",
        "created",
    )
    search_fields = ("name", "client_id", "redirect_uris")
    add_fieldsets = ((None, {"fields": (*ClientForm.Meta.fields[:2], "by_assertion", *ClientForm.Meta.fields[2:])}),)
    fieldsets = (
        (None, {"fields": ("identity", "name", "shown_id", *ClientForm.Meta.fields[1:])}),
        (
            _("Access"),
            {
                "fields": (
                    "state_badge",
                    "admitted_at",
                    "vouched_by",
                    "suspended_at",
                    "key",
                    "public_keys",
                    "dpop",
                    "service_person",
                    "access",
                )
            },
        ),
        (pgettext_lazy("noun", "Use"), {"fields": ("people", "live_tokens", "first_used", "last_used")}),
        (_("Registration"), {"fields": ("registered", "lookalikes", "grant_types", "created", "updated")}),
    )
    readonly_fields = (
        *(
            "identity",
            "shown_id",
            "state_badge",
            "admitted_at",
            "vouched_by",
            "suspended_at",
            "key",
            "public_keys",
            "dpop",
        ),
        *("service_person", "access"),
        *("people", "live_tokens", "first_used", "last_used"),
        *("registered", "lookalikes", "grant_types", "created", "updated"),
    )
    actions = [
        *("approve", "withdraw_approval", "stop", "reinstate"),
        *("require_dpop", "accept_bearer", "require_key", "accept_without_key"),
    ]
    object_actions = (
        *("approve", "withdraw_approval", "rotate_secret", "replace_secret", "replace_keys", "stop"),
        *("reinstate", "require_dpop", "accept_bearer", "require_key", "accept_without_key"),
    )

    def state_conditions(self) -> list[When]:
        return [when(SUSPENDED, suspended_at__isnull=False), when(WAITING, approved_at=None)]

    add_form_template = "admin/oauth_mcp/client/add_form.html"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        return super().add_view(request, form_url, {**(extra_context or {}), "presets": preset_links()})

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        """Return the fields of the page, of which those of a machine are its mixin's."""
        fieldsets = super().get_fieldsets(request, obj)
        return self.add_fieldsets if obj is None and fieldsets is self.fieldsets else fieldsets

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        """Refuse changes of a client with a metadata document: the document would overwrite them."""
        by_document = obj is not None and obj.registration_source == Client.RegistrationSource.CIMD
        return not by_document and super().has_change_permission(request, obj)

    def is_applicable(self, action: str, obj: Client) -> bool:
        if action in ("rotate_secret", "replace_secret"):
            return obj.has_secret
        if action == "replace_keys":
            return may_replace(obj)
        if action == "approve":
            return needs_approval(obj)
        if action == "withdraw_approval":
            return obj.vouched_fingerprint != ""
        if action in ("require_dpop", "accept_bearer"):
            return obj.requires_dpop == (action == "accept_bearer")
        if action == "require_key":
            return may_require_key(obj) and not obj.requires_assertion
        if action == "accept_without_key":
            return obj.requires_assertion
        if action == "reinstate":
            return obj.suspended_at is not None
        if action == "stop":
            return obj.suspended_at is None or Authorization.objects.live().filter(consent__client=obj).exists()
        return True

    def get_object_links(self, request: HttpRequest, obj: Client) -> list[Link]:
        block = {"label": gettext("Block its domain…"), "url": reverse("admin:oauth_mcp_client_block", args=(obj.pk,))}
        links = [block] if obj.hosts and may_block(request) else []
        return [*activity_links(request, client=obj.client_id), *self.service_access_links(request, obj), *links]

    @admin.display(description=_("name"), ordering="name")
    def shown_name(self, client: Client) -> SafeString | str:
        app = getattr(client, "app", None)
        name = render_chip(app) if app is not None else str(client)
        return format_html("{} {}", name, badge("machine")) if getattr(client, "is_machine", False) else name

    @admin.display(description=_("shown to people as"))
    def identity(self, client: Client) -> SafeString:
        return chip_of(client)

    @admin.display(description=_("client ID"))
    def shown_id(self, client: Client) -> SafeString:
        return format_html(
            '<span class="copyable"><code data-copy="{}">{}</code></span>',
            gettext("Copy the client ID"),
            client.client_id,
        )

    @admin.display(description=_("admitted at"))
    def admitted_at(self, client: Client) -> str:
        """Return since when the client may connect: with REGISTRATION=open, from its registration on."""
        return format_time(client.approved_at) if client.approved_at else gettext("not yet")

    @admin.display(description=_("registered"), ordering="created")
    def registered(self, client: Client) -> SafeString:
        if client.document_host:
            source: StrOrPromise = gettext("by the metadata document of %(host)s") % {"host": client.document_host}
        else:
            source = REGISTERED[client.registration_source]
        return format_html("{} <small>{}</small>", source, format_time(client.created))

    @admin.display(description=_("its key"))
    def key(self, client: Client) -> str:
        """Return whether the client must authenticate with its key, and who demands it."""
        if client.requires_assertion:
            return gettext("required by an operator")
        if client.token_endpoint_auth_method == Client.AuthMethod.PRIVATE_KEY_JWT:
            return gettext("required by its metadata")
        return gettext("verified where it is used") if may_require_key(client) else gettext("none")

    @admin.display(description="DPoP")
    def dpop(self, client: Client) -> str:
        """Return whether its tokens must be bound to a key, and who demands it."""
        if client.requires_dpop:
            return gettext("required by an operator")
        return gettext("required by its metadata") if client.dpop_bound_access_tokens else gettext("offered")

    @admin.display(description=_("authorizations"))
    def access(self, client: Client) -> SafeString:
        authorizations = Authorization.objects.filter(consent__client=client)
        return summary_of(authorizations, on=client, client=client.client_id)

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        # A client that was public so far has no secret yet.
        before = form.initial.get("token_endpoint_auth_method", obj.token_endpoint_auth_method)
        had_secret = change and Client(token_endpoint_auth_method=before).has_secret
        secret = secrets.generate(obj) if obj.has_secret and not had_secret else ""
        super().save_model(request, obj, form, change)
        if secret:
            self.show_once(request, obj, secret)
        if not change:
            events.record(Event.Kind.REGISTRATION, action="by_hand", request=request, user=request.user, client=obj)

    def response_post_save_add(self, request: HttpRequest, obj: Client) -> HttpResponseRedirect:
        """Redirect to the client's page, which shows its ID beside the secret."""
        return HttpResponseRedirect(reverse("admin:oauth_mcp_client_change", args=(obj.pk,)))

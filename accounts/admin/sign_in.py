"""Admin of allauth's sign-in methods, without their secrets and without a way to take over an account."""

# Imported first, so that their admin classes are registered and can be replaced.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.rights import SignInMethodMixin
from accounts.admin_base.audited import AuditedMixin
from accounts.db import verbose_names

# Those that allauth leaves to Django, which derives them in English.
verbose_names.translate(
    [Authenticator, SocialAccount],
    {"Authenticator": (_("authenticator"), _("authenticators"))},
    {"type": _("type"), "created_at": _("created at"), "last_used_at": _("last used at"), "user": _("user")},
)

# SocialApp and SocialToken are not registered again: the provider is configured by settings, its tokens are not stored.
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])


@admin.register(EmailAddress)
class EmailAddressAdmin(SignInMethodMixin, AuditedMixin):
    """Email addresses. Only superusers delete them, because verified ones receive links for a new password."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email",)
    fields = readonly_fields = ("person", "email", "verified", "primary")

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return request.user.is_superuser


@admin.register(Authenticator)
class SecondFactorAdmin(SignInMethodMixin, AuditedMixin):
    """Second factors. Delete the lost one of a person here. Secrets are not shown."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    fields = readonly_fields = ("person", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SingleSignOnAdmin(SignInMethodMixin, AuditedMixin):
    """Accounts of people at the single sign-on provider."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("uid",)
    fields = readonly_fields = ("person", "provider", "uid", "date_joined", "last_login")

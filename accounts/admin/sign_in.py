"""Sign-in methods of people, as allauth stores them: without secrets, and without a way to take an account over."""

# Imported so that they have registered their pages, which ours replace.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.rights import PeopleOnlyMixin
from accounts.admin_base.audited import AuditedMixin

# The provider's own secrets and tokens are neither stored nor shown: it is set up by settings.
admin.site.unregister([EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken])


@admin.register(EmailAddress)
class EmailAddressAdmin(PeopleOnlyMixin, AuditedMixin):
    """A verified address gets links for a new password. So superusers alone delete one, and set one on the person."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email", "user__username")
    fields = readonly_fields = ("user", "email", "verified", "primary")

    def has_delete_permission(self, request: HttpRequest, obj: EmailAddress | None = None) -> bool:
        return request.user.is_superuser


@admin.register(Authenticator)
class SecondFactorAdmin(PeopleOnlyMixin, AuditedMixin):
    """Of somebody who lost theirs, it is deleted here; its secret is shown to nobody."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SingleSignOnAdmin(PeopleOnlyMixin, AuditedMixin):
    """Who somebody is at the single sign-on provider."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__username", "uid")
    fields = readonly_fields = ("user", "provider", "uid", "date_joined", "last_login")

"""Admin of codes and tokens: their person, client and state, never their value.

Fields are listed one by one, so that a new column is not shown by accident. django-oauth-toolkit registers these
classes for its swapped models (settings.OAUTH2_PROVIDER).
"""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.ending.confirmed import RevokeAuthorizationsMixin
from accounts.admin_base.filters import ClientFilter, PersonFilter
from accounts.admin_base.links import link_to, related
from accounts.admin_base.mixins import LargeTableMixin, ReadOnlyMixin
from accounts.admin_base.operators import PersonSearchMixin
from accounts.admin_base.states import (
    EXPIRED,
    LIVE,
    REVOKED,
    SUSPENDED,
    StateFilter,
    StateMixin,
    end_conditions,
    when,
)
from accounts.conf import conf
from accounts.models import Authorization, AuthorizationQuerySet
from accounts.user_model import fields as user_fields

REDEEMED = "redeemed"
SUPERSEDED = "superseded"


class IssuedAdmin(PersonSearchMixin, RevokeAuthorizationsMixin, StateMixin, ReadOnlyMixin, LargeTableMixin):
    """Base of codes and tokens. Revoking one revokes the authorization that it was issued under."""

    list_select_related = ("user", "application")
    list_filter = (PersonFilter.by("user"), ClientFilter.by("application__client_id"), StateFilter, "created")
    search_fields = ("application__name", "=application__client_id", "=id")
    readonly_fields = ["person", "client", "state_badge", "shown_authorization"]
    shown_authorization = related("authorization", _("authorization"))

    def state_conditions(self) -> list[When]:
        return [
            *end_conditions(authorization="authorization__", client="application", person="user"),
            when(EXPIRED, authorization__expires_at__lte=timezone.now()),
        ]

    def get_authorizations(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(pk__in=rows.values("authorization"))

    @admin.display(description=_("person"), ordering=f"user__{user_fields.USERNAME}")
    def person(self, issued: Any) -> SafeString | str:
        return link_to(issued.user, on=issued)

    @admin.display(description=_("client"), ordering="application__name")
    def client(self, issued: Any) -> SafeString | str:
        return link_to(issued.application, on=issued)

    def is_applicable(self, action: str, obj: Any) -> bool:
        return obj.authorization.is_live


class GrantAdmin(IssuedAdmin):
    states = (LIVE, REDEEMED, EXPIRED, REVOKED, SUSPENDED)
    list_display = ("id", "person", "client", "scope", "state_badge", "created", "expires", "redeemed_at")
    fields = (
        *("person", "client", "shown_authorization", "redirect_uri", "scope", "resource"),
        *("state_badge", "created", "expires", "redeemed_at"),
    )

    def state_conditions(self) -> list[When]:
        ended = [when(REDEEMED, redeemed_at__isnull=False), when(EXPIRED, expires__lte=timezone.now())]
        return [*super().state_conditions(), *ended]


class AccessTokenAdmin(IssuedAdmin):
    list_display = ("id", "person", "client", "scope", "state_badge", "created", "expires")
    fields = (
        *("person", "client", "shown_authorization", "scope", "resource"),
        *("state_badge", "created", "expires", "dpop_jkt", "shown_refresh_token"),
    )
    readonly_fields = [*IssuedAdmin.readonly_fields, "shown_refresh_token"]
    shown_refresh_token = related("source_refresh_token", _("source refresh token"))

    def state_conditions(self) -> list[When]:
        return [*super().state_conditions(), when(EXPIRED, expires__lte=timezone.now())]


class RefreshTokenAdmin(IssuedAdmin):
    states = (LIVE, SUPERSEDED, EXPIRED, REVOKED, SUSPENDED)
    list_display = ("id", "person", "client", "scope", "state_badge", "created", "superseded_at")
    fields = (
        *("person", "client", "shown_authorization", "scope", "resource"),
        *("state_badge", "created", "superseded_at", "dpop_jkt", "requires_assertion", "shown_access_token"),
    )
    readonly_fields = [*IssuedAdmin.readonly_fields, "superseded_at", "shown_access_token"]
    shown_access_token = related("access_token", _("access token"))

    def state_conditions(self) -> list[When]:
        oldest = timezone.now() - timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS)
        ended = [when(SUPERSEDED, revoked__isnull=False), when(EXPIRED, created__lte=oldest)]
        return [*super().state_conditions(), *ended]

    @admin.display(ordering="revoked", description=_("superseded"))
    def superseded_at(self, token: Any) -> str:
        return localize(timezone.localtime(token.revoked)) if token.revoked is not None else "-"


class IDTokenAdmin(ReadOnlyMixin, LargeTableMixin):
    """ID tokens are never issued. The class exists because django-oauth-toolkit registers it."""

    fields = ("user", "application", "scope", "created", "expires")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

"""Admin of consents and of the authorizations that follow from them."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet, Value, When
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.ending.confirmed import RevokeAuthorizationsMixin
from accounts.admin_base.filters import ClientFilter, OriginFilter, PersonFilter
from accounts.admin_base.links import link_to, related
from accounts.admin_base.mixins import LargeTableMixin, ReadOnlyMixin
from accounts.admin_base.operators import PersonSearchMixin
from accounts.admin_base.states import EXPIRED, LIVE, StateFilter, StateMixin, end_conditions, when
from accounts.models import Authorization, AuthorizationQuerySet, Consent
from accounts.people.origins import words_of
from accounts.user_model import fields as user_fields


@admin.register(Consent)
class ConsentAdmin(PersonSearchMixin, RevokeAuthorizationsMixin, StateMixin, ReadOnlyMixin, LargeTableMixin):
    """A consent is live while it has a live authorization."""

    states = (LIVE, "ended")
    healthy_state = "ended"
    list_display = ("id", "person", "client", "scope", "state_badge", "until", "updated_at")
    list_select_related = ("user", "client")
    list_filter = (PersonFilter.by("user"), ClientFilter.by("client__client_id"), StateFilter, "updated_at")
    search_fields = ("client__name", "=client__client_id")
    fields = ("person", "app", "scope", "state_badge", "until", "created_at", "updated_at")
    readonly_fields = ("person", "app", "state_badge")
    person, app = related("user", _("person")), related("client", _("client"))

    def state_conditions(self) -> list[When]:
        live = Authorization.objects.live().filter(consent=OuterRef("pk"))
        live = live.filter(consent__client__suspended_at=None, consent__user__is_active=True)
        return [When(Exists(live.exclude(consent__client__approved_at=None)), then=Value(LIVE))]

    def get_authorizations(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(consent__in=rows)


@admin.register(Authorization)
class AuthorizationAdmin(PersonSearchMixin, RevokeAuthorizationsMixin, StateMixin, ReadOnlyMixin, LargeTableMixin):
    list_display = ("id", "person", "client", "how", "scope", "state_badge", "created_at", "expires_at")
    list_select_related = ("consent__user", "consent__client", "issuer")
    list_filter = (
        *(PersonFilter.by("consent__user"), ClientFilter.by("consent__client__client_id")),
        *(StateFilter, OriginFilter, "created_at"),
    )
    person_path = "consent__user"
    search_fields = ("consent__client__name", "=consent__client__client_id", "=id")
    fields = (
        *("person", "client", "shown_consent", "how", "scope", "redirect_uri", "resource"),
        *("shown_exchanged_from", "actors"),
        *("state_badge", "created_at", "expires_at", "revoked_at"),
    )
    readonly_fields = ("person", "client", "shown_consent", "how", "shown_exchanged_from", "state_badge")
    shown_consent, shown_exchanged_from = (
        related("consent", _("consent")),
        related("exchanged_from", _("exchanged from")),
    )

    def state_conditions(self) -> list[When]:
        ended = end_conditions(authorization="", client="consent__client", person="consent__user")
        return [*ended, when(EXPIRED, expires_at__lte=timezone.now())]

    def get_authorizations(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(pk__in=rows.values("pk"))

    @admin.display(description=_("person"), ordering=f"consent__user__{user_fields.USERNAME}")
    def person(self, authorization: Authorization) -> SafeString | str:
        return link_to(authorization.consent.user, on=authorization)

    @admin.display(description=_("how"), ordering="origin")
    def how(self, authorization: Authorization) -> str:
        return words_of(authorization.origin, authorization.issuer.name if authorization.issuer else None)

    @admin.display(description=_("client"), ordering="consent__client__name")
    def client(self, authorization: Authorization) -> SafeString | str:
        return link_to(authorization.consent.client, on=authorization)

    def is_applicable(self, action: str, obj: Authorization) -> bool:
        return obj.is_live

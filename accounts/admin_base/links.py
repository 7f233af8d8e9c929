"""Links between people, clients and their rows, for operators who may open the pages that they lead to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.admin_base.operators import may_view
from accounts.admin_base.states import badge
from accounts.models import Authorization, AuthorizationQuerySet, Event, has_own_model
from accounts.numbers import count
from accounts.people.origins import words_for
from accounts.user_model import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Further lists that pages of people and clients link to, with their names; each takes `person` and `client`.
LINKED_LISTS: list[tuple[type[Model], "StrOrPromise"]] = []


def link_to(target: Model, text: SafeString | str = "", *, on: Any) -> SafeString | str:
    """Return a link on the row `on` to the page of `target`, with its name or another `text`."""
    text = text or named(target)
    try:
        page = reverse(f"admin:{target._meta.app_label}_{target._meta.model_name}_change", args=(target.pk,))
    except NoReverseMatch:
        return text  # People of another user model may have no page.
    return link_if(may_view(on, target), page, text)


def named(target: Model) -> SafeString | str:
    """Return the name of `target`; that of a service person with its mark."""
    if has_own_model() and isinstance(target, User) and target.is_service:
        return format_html("{} {}", target, badge("service"))
    return str(target)


def link_to_list(model: type[Model], text: str, *, on: Any, **filters: object) -> SafeString | str:
    """Return a link on the row `on` to the list of `model`, narrowed by `filters`."""
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=filters)
    return link_if(may_view(on, model), page, text)


def link_if(is_allowed: bool, page: str, text: SafeString | str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', page, text) if is_allowed else text


def related(field: str, label: "StrOrPromise" = "") -> Callable[..., SafeString | str]:
    """Return a column with the row that the foreign key `field` names.

    Django's own columns link to its page, whether or not the operator may open that.
    """

    @admin.display(description=label or field.replace("_", " "), ordering=field, empty_value="-")
    def column(self: Any, row: Any) -> SafeString | str:
        target = getattr(row, field)
        return link_to(target, on=row) if target is not None else "-"

    return column


def summary_of(authorizations: AuthorizationQuerySet, *, on: Any, **filters: object) -> SafeString:
    """Return the numbers of usable and all `authorizations`, with links to lists that are narrowed by `filters`."""
    numbers = {"live": count(authorizations.usable().count()), "all": count(authorizations.count())}
    counted = _("%(live)s live, %(all)s in all") % numbers
    ways = ", ".join(words_for(authorizations.order_by().values_list("origin", flat=True).distinct()))
    parts = [link_to_list(Authorization, counted, on=on, **filters), *([ways] if ways else [])]
    if may_view(on, Event):
        attempts = reverse("admin:oauth_mcp_event_attempts", query=filters)
        parts += [link_to_list(Event, _("events"), on=on, **filters), link_if(True, attempts, _("attempts to connect"))]
    parts += [link_to_list(model, str(name), on=on, **filters) for model, name in LINKED_LISTS if may_view(on, model)]
    return format_html_join(" · ", "{}", ((part,) for part in parts))

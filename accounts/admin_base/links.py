"""Links between people, clients and their rows."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import AuthorizationQuerySet


def link_to(row: Model, text: SafeString | str = "") -> SafeString:
    """Return a link to the page of `row`, with its name or another `text`."""
    page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))
    return format_html('<a href="{}">{}</a>', page, text or row)


def summary_of(authorizations: AuthorizationQuerySet, **filters: object) -> SafeString:
    """Return the numbers of usable and all `authorizations`, with links to lists that are narrowed by `filters`."""
    return format_html(
        '<a href="{}">{} live, {} in all</a> &nbsp;·&nbsp; <a href="{}">events</a> &nbsp;·&nbsp; '
        '<a href="{}">attempts to connect</a>',
        reverse("admin:accounts_authorization_changelist", query=filters),
        authorizations.usable().count(),
        authorizations.count(),
        reverse("admin:accounts_event_changelist", query=filters),
        reverse("admin:accounts_event_attempts", query=filters),
    )

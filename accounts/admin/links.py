"""Links from a person or client to what hangs on them."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import AuthorizationQuerySet


def summary_of(authorizations: AuthorizationQuerySet, **filters: object) -> SafeString:
    """How many of `authorizations` live, as a link to their list and to the events, narrowed by `filters`."""
    return format_html(
        '<a href="{}">{} live, {} in all</a> &nbsp;·&nbsp; <a href="{}">events</a>',
        reverse("admin:accounts_authorization_changelist", query=filters),
        authorizations.live().count(),
        authorizations.count(),
        reverse("admin:accounts_event_changelist", query=filters),
    )

"""`{% dashboard as overview %}`: the figures of the front page of admin, for people who may view events."""

from typing import Any

from django import template

from accounts.admin import dashboard as overview
from accounts.admin.dashboard import Dashboard

register = template.Library()


@register.simple_tag(takes_context=True)
def dashboard(context: dict[str, Any]) -> Dashboard | None:
    """Return the figures; None where the reader may not view events, and on the pages of single apps."""
    may_view = context["request"].user.has_perm("oauth_mcp.view_event")
    return overview.dashboard() if may_view and "app_label" not in context else None

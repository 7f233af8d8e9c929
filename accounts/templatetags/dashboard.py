"""`{% dashboard %}`: the overview in admin, for people who may view events."""

from typing import Any

from django import template

from accounts.admin import dashboard as overview

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: dict[str, Any]) -> dict[str, Any]:
    user = context["request"].user
    # The pages of single apps use the same template.
    if "app_label" in context or not user.has_perm("accounts.view_event"):
        return {}
    sizes = {"width": overview.WIDTH, "height": overview.HEIGHT}
    return {"overview": overview.dashboard(), "perms": context["perms"], **sizes}

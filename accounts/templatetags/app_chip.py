"""`{% app_chip apps client_id name %}`: the chip of an app. `{% app_host host %}`: a host with its domain in bold."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts.admin_base.app_chips import render_chip
from accounts.clients.identity.apps import App
from accounts.clients.identity.domains import Host

register = template.Library()


@register.simple_tag(takes_context=True)
def app_chip(context: Mapping[str, Any], apps: Mapping[str, App] | Any, client_id: str, name: str) -> SafeString:
    """Return the chip of the app with `client_id` in `apps`, or `name` where it is unknown or was deleted."""
    app = apps.get(client_id) if apps else None
    if app is not None:
        return render_chip(app, for_operator=context.get("for_operator", False))
    return format_html("<bdi>{}</bdi>", Truncator(name).chars(80))


@register.simple_tag
def app_host(host: Host) -> SafeString:
    return format_html('<bdi class="app-host">{}<b>{}</b>{}</bdi>', host.before, host.domain, host.after)

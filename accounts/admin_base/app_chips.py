"""Chips of apps in lists and on pages of admin: name, hosts, and who vouches for them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.clients.identity.apps import App, identify, identify_all, identify_ids
from accounts.models import Client


def render_chip(app: App, *, for_operator: bool = True) -> SafeString:
    return render_to_string("oauth_mcp/app_chip.html", {"app": app, "for_operator": for_operator})


def chip_of(client: Client) -> SafeString:
    return render_chip(identify(client))


class AppChipsMixin(admin.ModelAdmin):
    """Gives each row of a list the identity of its client, `app`, by one look-up for the page."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        rows = changelist.result_list
        is_client = issubclass(self.model, Client)
        apps = identify_all(rows) if is_client else identify_ids(row.client_id for row in rows)
        for row in rows:
            row.app = apps.get(row.client_id)
        return changelist

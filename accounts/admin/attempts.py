"""The page *Attempts to connect*: each attempt as a timeline."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.clients.identity.apps import identify_ids
from accounts.diagnosis.timeline import recent
from accounts.models import Client, User

MOST_SHOWN = 50


class AttemptsMixin(admin.ModelAdmin):
    """Adds the page to the list of events."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.attempts_view)
        return [path("attempts/", view, name="accounts_event_attempts"), *super().get_urls()]

    def attempts_view(self, request: HttpRequest) -> HttpResponse:
        """Show attempts, narrowed by `?client=<client_id>` and `?person=<id>`. Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        client_id, person = request.GET.get("client", "").replace("\x00", ""), request.GET.get("person", "")
        user_id = int(person) if person.isdecimal() and len(person) < 19 else None
        attempts = recent(client_id=client_id, user_id=user_id)[:MOST_SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": "Attempts to connect",
            "opts": self.opts,
            "attempts": attempts,
            "identities": identify_ids(attempt.client_id for attempt in attempts),
            "client": Client.objects.filter(client_id=client_id).first() if client_id else None,
            "person": User.objects.filter(pk=user_id).first() if user_id is not None else None,
        }
        return TemplateResponse(request, "admin/accounts/event/attempts.html", context)

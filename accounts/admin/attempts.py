"""The page *Attempts to connect*: each attempt as a timeline, with search, filters and pages."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_base.operators import may_open
from accounts.admin_base.period import start_of_day
from accounts.admin_base.states import name_of
from accounts.clients.identity.apps import identify_ids
from accounts.diagnosis.attempt import CANCELLED, CONNECTED, UNDER_WAY, UNUSED, Attempt
from accounts.diagnosis.search import conditions_of, first_since
from accounts.diagnosis.stops import explain_stopped
from accounts.diagnosis.timeline import find, recent
from accounts.models import Client
from accounts.user_model import User
from accounts.user_model import fields as user_fields

PER_PAGE = 20
FAILED = "failed"
# The choices of the filter by state. Those that were refused and those that stopped are one.
FILTERS = (FAILED, CONNECTED, UNUSED, CANCELLED, UNDER_WAY)


class SearchForm(forms.Form):
    """The search above the attempts."""

    q = forms.CharField(
        label=_("Search"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Person, app, host, address or reason")}),
    )
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def attempts(self, *, client_id: str, user_id: Any, views_people: bool) -> list[Attempt]:
        """Return the attempts of a client or a person, or of what is searched for; none if the form is invalid.

        With `views_people`, people are found by their names and addresses, too.
        """
        if not self.is_valid():
            return []
        term, until = self.cleaned_data["q"].strip(), self.cleaned_data["until"]
        # The last day that there is has no next one.
        before = first_since(start_of_day(until + timedelta(days=1))) if until and until != date.max else None
        if term and not client_id and user_id is None:
            return find(conditions_of(term, views_people=views_people), before=before)
        return recent(client_id=client_id, user_id=user_id, before=before)


class AttemptsMixin(admin.ModelAdmin):
    """Adds the page to the list of events."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.attempts_view)
        return [path("attempts/", view, name="oauth_mcp_event_attempts"), *super().get_urls()]

    def attempts_view(self, request: HttpRequest) -> HttpResponse:
        """Show attempts, narrowed by `?client=<client_id>`, `?person=<id>`, `?state=` and the search form.

        Raises PermissionDenied.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        client_id = request.GET.get("client", "").replace("\x00", "")
        user_id = user_fields.primary_key(request.GET.get("person", ""))
        form = SearchForm(request.GET)
        views_people = may_open(request.user, User)
        found = form.attempts(client_id=client_id, user_id=user_id, views_people=views_people)
        state = request.GET.get("state", "")
        shown = [attempt for attempt in found if state not in FILTERS or filter_of(attempt) == state]
        page = Paginator(shown, PER_PAGE).get_page(request.GET.get("p"))
        explain_stopped(page.object_list)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Attempts to connect"),
            "opts": self.opts,
            "form": form,
            "filters": filters_of(found, state),
            "page": page,
            "attempts": page.object_list,
            "identities": identify_ids(attempt.client_id for attempt in page.object_list),
            "client": Client.objects.filter(client_id=client_id).first() if client_id else None,
            "person": User._default_manager.filter(pk=user_id).first() if user_id is not None else None,
        }
        return TemplateResponse(request, "admin/oauth_mcp/event/attempts.html", context)


def filter_of(attempt: Attempt) -> str:
    return FAILED if attempt.is_failed else attempt.state


def filters_of(attempts: Iterable[Attempt], chosen: str) -> list[dict[str, Any]]:
    """Return the links that filter by state, with the number of attempts of each."""
    counts = Counter(map(filter_of, attempts))
    all_of_them = {
        "value": None,
        "label": pgettext("attempts", "All"),
        "count": counts.total(),
        "is_chosen": chosen not in FILTERS,
    }
    by_state = [
        {"value": each, "label": capfirst(name_of(each)), "count": counts[each], "is_chosen": each == chosen}
        for each in FILTERS
    ]
    return [all_of_them, *by_state]

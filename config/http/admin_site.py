"""Admin site that uses allauth's sign-in: passwords, second factors, passkeys and single sign-on."""

from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext, gettext_lazy, override
from django.views.i18n import JavaScriptCatalog

from accounts.admin_base.audited import AuditedMixin
from accounts.http.address import may_continue_at
from config import admin_sections
from config.settings.reworded import SCRIPTS

SECOND_FACTOR = gettext_lazy("Admin asks for a second factor: set one up here, then open admin again.")


class AdminSite(admin.AdminSite):
    """Admin site that records every change, also of other apps' models (accounts/admin_base/audited.py)."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        wanted = admin_class or admin.ModelAdmin
        if not issubclass(wanted, AuditedMixin):
            wanted = type(wanted.__name__, (AuditedMixin, wanted), {"__module__": wanted.__module__})
        super().register(model_or_iterable, wanted, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(refusing_unusable_parameters(view), cacheable)

    def each_context(self, request: Any) -> dict[str, Any]:
        """Return what all templates of admin have, among them that chips of apps are shown to the operator."""
        return {**super().each_context(request), "for_operator": True}

    def i18n_javascript(self, request: Any, extra_context: Any = None) -> HttpResponse:
        return ScriptCatalog.as_view()(request)  # type: ignore[return-value]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the sections of the front page and the sidebar; with `app_label`, those with lists of that app."""
        sections = admin_sections.arrange(super().get_app_list(request, app_label))
        admin_sections.mark_current(sections, request.path)
        return sections

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Return the page of an app under its own name: its lists are of several sections."""
        title = {"title": apps.app_configs[app_label].verbose_name} if app_label in apps.app_configs else {}
        return super().app_index(request, app_label, {**title, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not lacks_second_factor(request)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Redirect to the page for everyone, which limits attempts at the old password."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Redirect to the sign-in or the second factor. Raises PermissionDenied for people who are not staff."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        is_local = is_ours and may_continue_at(wanted)
        index = reverse("admin:index", current_app=self.name)
        if not request.user.is_authenticated:
            return redirect_to_login(wanted if is_local else index)
        if not super().has_permission(request):
            raise PermissionDenied
        if lacks_second_factor(request):
            messages.warning(request, SECOND_FACTOR)
            return HttpResponseRedirect(reverse("mfa_index"))
        return HttpResponseRedirect(wanted if is_local else index)


class ScriptCatalog(JavaScriptCatalog):
    """Django's catalogue of texts for scripts, completed by translations of this project and of its pages."""

    packages = ("django.contrib.admin",)  # type: ignore[assignment] # None means all

    def get_catalog(self) -> dict[str, str | list[str]]:
        own = {text: gettext(text) for text in SCRIPTS}
        for number, day in WEEKDAYS.items():
            # The script has "Thur", and in English the names of days.
            short = WEEKDAYS_ABBR[number]
            with override("en"):
                name, abbreviated = str(day), str(short).replace("Thu", "Thur")
            own |= {name: str(day), f"abbrev. day {name}\x04{abbreviated}": str(short)}
        is_source = get_language() == "en"
        return {**({} if is_source else own), **super().get_catalog()}


def refusing_unusable_parameters(view: Any) -> Any:
    """Decorate `view` to raise BadRequest for parameters that a filter or the database cannot use."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except (IncorrectLookupParameters, OverflowError, DataError) as error:
            raise BadRequest("A parameter cannot be used.") from error
        except ValueError as error:
            # Without parameters it is a bug.
            if request.GET or selected(request):
                raise BadRequest("A parameter cannot be used.") from error
            raise

    return wrapped


def selected(request: HttpRequest) -> list[str]:
    """Return the rows that are selected in a list's form."""
    return request.POST.getlist(ACTION_CHECKBOX_NAME) if request.method == "POST" else []


def lacks_second_factor(request: HttpRequest) -> bool:
    return settings.REQUIRE_MFA_FOR_STAFF and not is_mfa_enabled(request.user)

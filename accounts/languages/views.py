"""The form in which a person chooses a language, at the foot of each page."""

from typing import Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.http.address import LONGEST_NEXT, may_continue_at, prefix
from accounts.languages.offered import offered_variant
from accounts.languages.people import SESSION_KEY, store

SameSite = Literal["Lax", "Strict", "None", False] | None


@method_decorator(never_cache, name="dispatch")
class LanguageView(View):
    """POST stores the language, and returns to the page `next`. GET only returns there."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(page_to_return_to(request.GET.get("next", "")))

    def post(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponseRedirect(page_to_return_to(request.POST.get("next", "")))
        if code := offered_variant(request.POST.get("language", "")):
            if request.user.is_authenticated:
                store(request.user, code)
                request.session[SESSION_KEY] = code
            set_cookie(response, code)
        return response


def page_to_return_to(url: str) -> str:
    """Return `url` if it is an address below this server's path, and otherwise the front page.

    The query is not examined: Django accepts no address of more than 2,048 characters, and an authorization request may
    be longer.
    """
    path = url.partition("?")[0]
    is_own = path.startswith("/") and len(url) <= LONGEST_NEXT and not set(url) & set("\r\n\x00")
    if is_own and url_has_allowed_host_and_scheme(path, allowed_hosts=None) and may_continue_at(path):
        return url
    return f"{prefix()}/"


def set_cookie(response: HttpResponse, code: str) -> None:
    """Set Django's cookie of the language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=cast(SameSite, settings.LANGUAGE_COOKIE_SAMESITE),
    )

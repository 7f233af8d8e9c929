"""Django's messages in a cookie of this server alone, also where another one stands at the same host."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage import cookie
from django.http import HttpResponse


class CookieStorage(cookie.CookieStorage):
    """Django's storage, whose cookie has the path of PUBLIC_URL, and below one a name of its own."""

    cookie_name = getattr(settings, "MESSAGES_COOKIE_NAME", cookie.CookieStorage.cookie_name)

    def _update_cookie(self, encoded_data: Any, response: HttpResponse) -> None:
        super()._update_cookie(encoded_data, response)  # type: ignore[misc] # not in the stubs
        if self.cookie_name in response.cookies:
            response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH

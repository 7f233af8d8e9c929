"""The page on which people add addresses, prove them, and choose the primary one."""

from typing import Any

from allauth.account import views
from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest


class EmailView(views.EmailView):
    """Refuses what allauth allows somebody without a verified address: to make an unverified one primary."""

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        address = self._get_email_address(request)
        if address is not None and not address.verified:
            message = "account/messages/unverified_primary_email.txt"
            return get_adapter(request).add_message(request, messages.ERROR, message)
        return super()._action_primary(request, *args, **kwargs)

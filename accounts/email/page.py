"""The page on which people add and verify their email addresses, and choose the primary one."""

from typing import Any

from allauth.account import views
from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest


class EmailView(views.EmailView):
    """allauth's page, but an unverified address cannot become primary, even if the person has no verified one."""

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        address = self._get_email_address(request)
        if address is not None and not address.verified:
            message = "account/messages/unverified_primary_email.txt"
            return get_adapter(request).add_message(request, messages.ERROR, message)
        return super()._action_primary(request, *args, **kwargs)

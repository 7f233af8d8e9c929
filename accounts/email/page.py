"""The page on which people add and verify their email addresses, and choose the primary one."""

from typing import Any

from allauth.account import views
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class EmailView(views.EmailView):
    """allauth's page, but an unverified address cannot become primary, even if the person has no verified one.

    A page asks before an address is removed. Its form sends the address again, as `confirmed`.
    """

    def _action_primary(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        address = self._get_email_address(request)
        if address is not None and not address.verified:
            message = "account/messages/unverified_primary_email.txt"
            return get_adapter(request).add_message(request, messages.ERROR, message)
        return super()._action_primary(request, *args, **kwargs)

    def _action_remove(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        address = self._get_email_address(request)
        if address is None or not get_adapter(request).can_delete_email(address):
            return super()._action_remove(request, *args, **kwargs)
        if request.POST.get("confirmed") != address.email:
            return self._ask_to_remove(request, address)
        return super()._action_remove(request, *args, **kwargs)

    def _ask_to_remove(self, request: HttpRequest, address: EmailAddress) -> HttpResponse:
        # The person signs in again, if they must, before they decide.
        raise_if_reauthentication_required(request, app="allauth.account")
        return render(request, "account/email_remove.html", {"address": address})

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

from accounts import later


class QuietResetForm(ResetPasswordForm):
    """Looks for the address, and writes to it, once the answer has left: its time would tell who is known here."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        later.later(lambda: self.write(request, **kwargs))
        return self.clean_email()

    def write(self, request: HttpRequest, **kwargs: Any) -> None:
        super().clean_email()
        super().save(request, **kwargs)

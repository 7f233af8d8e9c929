"""Forms with a password: sign-in, and the choice of a new one."""

from typing import Any

from allauth.account.fields import PasswordField, SetPasswordField
from allauth.account.forms import LoginForm, ResetPasswordKeyForm
from django import forms
from django.utils.translation import gettext_lazy as _


class HintedLoginForm(LoginForm):
    """allauth's form with the username that the client suggested by `login_hint`, for the person to keep or replace."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is not None:
            self.fields["login"].initial = self.request.GET.get("login_hint", "")


class NewPasswordFields(forms.Form):
    """The two fields for a new password, labelled in the manner of the other pages."""

    password1 = SetPasswordField(label=_("New password"))
    password2 = PasswordField(label=_("New password (again)"), autocomplete="new-password")


class NewPasswordForm(NewPasswordFields, ResetPasswordKeyForm):
    """The form behind a link for a new password."""

"""Forms in which people choose a new password."""

from allauth.account.fields import PasswordField, SetPasswordField
from allauth.account.forms import ResetPasswordKeyForm
from django import forms


class NewPasswordFields(forms.Form):
    """The two fields for a new password, labelled in the manner of the other pages."""

    password1 = SetPasswordField(label="New password")
    password2 = PasswordField(label="New password (again)", autocomplete="new-password")


class NewPasswordForm(NewPasswordFields, ResetPasswordKeyForm):
    """The form behind a link for a new password."""

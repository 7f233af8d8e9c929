"""Forms in which people enter an email address."""

from typing import Any

from allauth.account.fields import EmailField
from allauth.account.forms import AddEmailForm

from accounts.email.spelling import canonical


class CanonicalEmailField(EmailField):
    """An address in canonical form, taken before allauth's lower() could map it to another address."""

    def clean(self, value: Any) -> str:
        return str(super().clean(canonical(value) if isinstance(value, str) else value))


class CanonicalAddEmailForm(AddEmailForm):
    email = CanonicalEmailField(required=True)

"""The form for the code that a device shows."""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.grants.device import user_codes


def no_code() -> str:
    text = ngettext(
        "A code has %(number)d letter, such as WDJB-MJHT. Compare it with your device.",
        "A code has %(number)d letters, such as WDJB-MJHT. Compare it with your device.",
        user_codes.LENGTH,
    )
    return text % {"number": user_codes.LENGTH}


NO_CODE = lazy(no_code, str)()


class UserCodeForm(forms.Form):
    user_code = forms.CharField(
        label=_("Code"),
        max_length=user_codes.LONGEST_TYPED,
        help_text=_("Eight letters. Upper or lower case, with or without the dash."),
        error_messages={"max_length": NO_CODE},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "user-code",
                "dir": "ltr",
            }
        ),
    )

    def clean_user_code(self) -> str:
        """Return the code as it is shown on the device."""
        code = user_codes.read(self.cleaned_data["user_code"])
        if not code:
            raise forms.ValidationError(NO_CODE)
        return code

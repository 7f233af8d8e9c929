"""The form for the code that a device shows."""

from django import forms

from accounts.grants.device import user_codes

NO_CODE = f"A code has {user_codes.LENGTH} letters, such as WDJB-MJHT. Compare it with your device."


class UserCodeForm(forms.Form):
    user_code = forms.CharField(
        label="Code",
        max_length=user_codes.LONGEST_TYPED,
        help_text="Eight letters. Upper or lower case, with or without the dash.",
        error_messages={"max_length": NO_CODE},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "user-code"}
        ),
    )

    def clean_user_code(self) -> str:
        """Return the code as it is shown on the device."""
        code = user_codes.read(self.cleaned_data["user_code"])
        if not code:
            raise forms.ValidationError(NO_CODE)
        return code

"""Fields of client metadata. What is invalid but not needed is left out, and the rest is refused."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from rest_framework import serializers

from accounts.clients import names as client_names
from accounts.clients import public_keys
from accounts.http import web_address

# Of each list. The limit of redirect URIs is smaller (accounts/clients/redirect_uris.py).
MOST_ITEMS = 100
LONGEST_ADDRESS = 2000
LONGEST_NAME = 255
# Of a name before its invisible characters are removed.
LONGEST_NAME_SENT = 4 * LONGEST_NAME


class Text(serializers.CharField):
    """A JSON string. A number is refused, not converted."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Name(Text):
    """A name for display: one line, without invisible characters and claims of verification. A long one is cut."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)[:LONGEST_NAME_SENT]
        if "\x00" in name:
            raise serializers.ValidationError("Null characters are not allowed.")
        return client_names.cleaned(client_names.visible(name)[:LONGEST_NAME])


class PageAddress(Text):
    """A web address for display; "" where it is invalid: a bad logo must not fail the registration."""

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        parts = web_address.read(address)
        try:
            # The admin form of a client validates its home page in the same way.
            URLValidator(schemes=["https", "http"])(address)
        except ValidationError:
            return ""
        return address if parts is not None and parts.is_web and len(address) <= LONGEST_ADDRESS else ""


class KeyAddress(Text):
    """An https address that keys are fetched from."""

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        if not address.startswith("https://") or len(address) > LONGEST_ADDRESS:
            raise serializers.ValidationError("An https address is required.")
        try:
            web_address.parse(address)
        except web_address.InvalidAddress as error:
            raise serializers.ValidationError(str(error)) from error
        return address


class KeySet(serializers.Field):
    """A JSON Web Key Set (RFC 7517 section 5), reduced to the public parts of supported keys; None without any."""

    def to_internal_value(self, data: Any) -> dict[str, Any] | None:
        keys = data.get("keys") if isinstance(data, dict) else None
        if not isinstance(keys, list) or len(keys) > public_keys.MOST_LISTED:
            message = f'An object with "keys" is required, with at most {public_keys.MOST_LISTED} of them.'
            raise serializers.ValidationError(message)
        usable = public_keys.public_keys(data)
        return usable if usable["keys"] else None


class BoundedList(serializers.ListField):
    """A list whose length is checked before its items are."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > MOST_ITEMS:
            raise serializers.ValidationError(f"At most {MOST_ITEMS} items are allowed.")
        return super().to_internal_value(data)


class Texts(BoundedList):
    child = Text()


class Anything(serializers.Field):
    def to_internal_value(self, data: Any) -> Any:
        return data

"""Client metadata (RFC 7591 section 2), checked and narrowed: for registrations and documents alike.

Unknown values are narrowed away, dangerous ones refused.
"""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from rest_framework import serializers

from accounts import scopes
from accounts.clients import names as client_names
from accounts.clients import public_keys, redirect_uris
from accounts.clients.blocked_domains import blocking
from accounts.http import web_address
from accounts.models import Client

OFFERED_GRANT_TYPES = ("authorization_code", "refresh_token")
# Of any list. Fewer redirect URIs may be registered (accounts/clients/redirect_uris.py).
MOST_ITEMS = 100
LONGEST_ADDRESS = 2000
# All of what is stored of one client, as JSON.
MOST_STORED = 32_768
OFFERED_RESPONSE_TYPES = ("code",)
LONGEST_NAME = 255


class Text(serializers.CharField):
    """A JSON string, and no number that could be read as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Name(Text):
    """A name that people will read: in one line, without what is not seen, and without a claim to be verified."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if len(name) > LONGEST_NAME:
            raise serializers.ValidationError(f"A name may be at most {LONGEST_NAME} characters long.")
        if "\x00" in name:
            raise serializers.ValidationError("Null characters are not allowed.")
        return client_names.cleaned(name)


class PageAddress(Text):
    """A web address to show, or nothing where it is none: no login hangs on a logo."""

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        parts = web_address.read(address)
        try:
            # The page of admin that edits a client holds its home page to this as well.
            URLValidator(schemes=["https", "http"])(address)
        except ValidationError:
            return ""
        return address if parts is not None and parts.is_web and len(address) <= LONGEST_ADDRESS else ""


class KeyAddress(Text):
    """An https address that keys are fetched from."""

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        if not address.startswith("https://") or len(address) > LONGEST_ADDRESS:
            raise serializers.ValidationError("An https address is needed.")
        try:
            web_address.parse(address)
        except web_address.InvalidAddress as error:
            raise serializers.ValidationError(str(error)) from error
        return address


class KeySet(serializers.Field):
    """A JSON Web Key Set (RFC 7517 section 5), reduced to what is public and we can use."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        keys = data.get("keys") if isinstance(data, dict) else None
        if not isinstance(keys, list) or not 0 < len(keys) <= public_keys.MOST_KEYS:
            needed = f'An object with "keys" is needed, with 1 to {public_keys.MOST_KEYS} of them.'
            raise serializers.ValidationError(needed)
        if not (usable := public_keys.public_keys(data))["keys"]:
            raise serializers.ValidationError(public_keys.problem_of(keys[0]))
        return usable


class BoundedList(serializers.ListField):
    """A list whose length is checked before its items are."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > MOST_ITEMS:
            raise serializers.ValidationError(f"At most {MOST_ITEMS} items are allowed.")
        return super().to_internal_value(data)


class Texts(BoundedList):
    child = Text()


class ClientMetadataSerializer(serializers.Serializer):
    """RFC 7591 section 2: what a client says of itself, and what we make of it."""

    redirect_uris = BoundedList(child=Text(max_length=redirect_uris.LONGEST_URI, trim_whitespace=False))
    client_name = Name(required=False, allow_blank=True, max_length=LONGEST_NAME, default="")
    client_uri = PageAddress(required=False, allow_blank=True, default="")
    logo_uri = PageAddress(required=False, allow_blank=True, default="")
    scope = Text(required=False, allow_blank=True, max_length=scopes.LONGEST_SCOPE, default="")
    grant_types = Texts(required=False, default=list(OFFERED_GRANT_TYPES))
    response_types = Texts(required=False, default=list(OFFERED_RESPONSE_TYPES))
    token_endpoint_auth_method = Text(required=False, default=Client.AuthMethod.BASIC.value)
    jwks_uri = KeyAddress(required=False, allow_blank=True, default="")
    jwks = KeySet(required=False, default=None)
    token_endpoint_auth_signing_alg = Text(required=False, allow_blank=True, max_length=16, default="")
    application_type = Text(required=False, default=Client.ApplicationType.WEB.value)

    def validate_grant_types(self, asked: list[str]) -> list[str]:
        offered = [grant_type for grant_type in OFFERED_GRANT_TYPES if grant_type in asked]
        if "authorization_code" not in offered:
            raise serializers.ValidationError("This server offers authorization_code and refresh_token alone.")
        return offered

    def validate_response_types(self, asked: list[str]) -> list[str]:
        if "code" not in asked:
            raise serializers.ValidationError("This server offers the response type code alone.")
        return list(OFFERED_RESPONSE_TYPES)

    def validate_token_endpoint_auth_method(self, method: str) -> str:
        if method not in Client.AuthMethod.values:
            raise serializers.ValidationError(f"Choose one of {', '.join(Client.AuthMethod.values)}.")
        return method

    def validate_application_type(self, kind: str) -> str:
        # Clients contradict themselves here (a native app says "web"), and nothing hangs on it.
        return kind if kind in Client.ApplicationType.values else Client.ApplicationType.WEB.value

    def validate_scope(self, asked: str) -> str:
        return " ".join(scopes.narrow(asked.split()))

    def validate(self, metadata: dict[str, Any]) -> dict[str, Any]:
        if not metadata["redirect_uris"]:
            raise serializers.ValidationError({"redirect_uris": "At least one redirect URI is needed."})
        by_key = metadata["token_endpoint_auth_method"] == Client.AuthMethod.PRIVATE_KEY_JWT
        if by_key and not (metadata["jwks_uri"] or metadata["jwks"]):
            raise serializers.ValidationError(
                {"jwks_uri": "private_key_jwt needs the client's keys: jwks_uri or jwks."}
            )
        public = metadata["token_endpoint_auth_method"] == Client.AuthMethod.NONE
        try:
            redirect_uris.check_all(metadata["redirect_uris"], public=public)
        except redirect_uris.InvalidRedirectURI as error:
            raise serializers.ValidationError({"redirect_uris": str(error)}) from error
        return metadata


class MetadataRefused(Exception):
    """Client metadata that cannot be registered, with RFC 7591's error code (section 3.2.2)."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


def checked(document: dict[str, Any]) -> dict[str, Any]:
    """The metadata in `document`, narrowed. Raises MetadataRefused with the RFC's code."""
    serializer = ClientMetadataSerializer(data=document)
    if serializer.is_valid():
        refuse_large(serializer.validated_data)
        refuse_blocked(serializer.validated_data["redirect_uris"])
        return serializer.validated_data
    field, message = first_error(serializer.errors)
    error = "invalid_redirect_uri" if field == "redirect_uris" else "invalid_client_metadata"
    raise MetadataRefused(error, f"{field}: {message}")


def refuse_large(metadata: dict[str, Any]) -> None:
    """Raise MetadataRefused for more than is stored of one client."""
    if len(json.dumps(as_fields(metadata))) > MOST_STORED:
        raise MetadataRefused("invalid_client_metadata", f"The metadata is larger than {MOST_STORED} bytes.")


def refuse_blocked(uris: list[str]) -> None:
    """Raise MetadataRefused where the operator wants no client from where one of `uris` leads to."""
    blocked = blocking(map(redirect_uris.host_of, uris))
    if blocked is not None:
        raise MetadataRefused("access_denied", f"The operator of this server blocked {blocked.domain}.", status=403)


def first_error(found: Any) -> tuple[str, str]:
    """The field and the sentence of the first error in REST framework's nested dictionary of them."""
    field, problem = next(iter(found.items()))
    while isinstance(problem, dict | list):
        problem = next(iter(problem.values())) if isinstance(problem, dict) else problem[0]
    return str(field), str(problem)


def as_fields(metadata: dict[str, Any]) -> dict[str, Any]:
    """Checked metadata as columns of Client."""
    return {
        "name": metadata["client_name"],
        "redirect_uris": " ".join(metadata["redirect_uris"]),
        "grant_types": " ".join(metadata["grant_types"]),
        **{
            name: metadata[name]
            for name in (
                "client_uri",
                "logo_uri",
                "scope",
                "token_endpoint_auth_method",
                "token_endpoint_auth_signing_alg",
                "jwks_uri",
                "jwks",
                "application_type",
            )
        },
    }

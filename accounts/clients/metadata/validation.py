"""Validation of client metadata (RFC 7591 section 2), for registrations and metadata documents.

Values that are unknown, too long or dangerous are left out where the rest can be registered, and refused where not.
"""

import json
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from accounts import scopes
from accounts.clients import narrowing, public_keys, redirect_uris
from accounts.clients.blocked_domains import find_blocked
from accounts.clients.metadata import grant_types
from accounts.clients.metadata.fields import (
    LONGEST_NAME,
    Anything,
    BoundedList,
    KeyAddress,
    KeySet,
    Name,
    PageAddress,
    Text,
    Texts,
)
from accounts.models import Client
from accounts.numbers import size

# All stored metadata of one client, as JSON, in bytes.
MOST_STORED = 32_768
SUPPORTED_RESPONSE_TYPES = ("code",)


NO_KEYS = (
    "private_key_jwt requires the client's keys: jwks_uri, or jwks with a public key of type RSA, EC or OKP for "
    f"signatures by {', '.join(public_keys.ALGORITHMS)}."
)


class ClientMetadataSerializer(serializers.Serializer):
    """Client metadata (RFC 7591 section 2), as this server accepts it."""

    redirect_uris = BoundedList(child=Anything(allow_null=True))
    client_name = Name(required=False, allow_blank=True, max_length=LONGEST_NAME, default="")
    client_uri = PageAddress(required=False, allow_blank=True, default="")
    logo_uri = PageAddress(required=False, allow_blank=True, default="")
    scope = Text(required=False, allow_blank=True, max_length=scopes.LONGEST_SCOPE, default="")
    grant_types = Texts(required=False, default=list(grant_types.DEFAULT))
    response_types = Texts(required=False, default=list(SUPPORTED_RESPONSE_TYPES))
    token_endpoint_auth_method = Text(required=False, default=Client.AuthMethod.BASIC.value)
    jwks_uri = KeyAddress(required=False, allow_blank=True, default="")
    jwks = KeySet(required=False, default=None)
    token_endpoint_auth_signing_alg = Text(required=False, allow_blank=True, default="")
    dpop_bound_access_tokens = serializers.BooleanField(required=False, default=False)
    application_type = Text(required=False, default=Client.ApplicationType.WEB.value)

    def validate_grant_types(self, requested: list[str]) -> list[str]:
        supported = [each for each in grant_types.REGISTRABLE if each in requested]
        if not set(supported) - {grant_types.REFRESH_TOKEN}:
            usable = ", ".join(grant_types.REGISTRABLE)
            raise serializers.ValidationError(f"Request at least one of {usable}, besides refresh_token.")
        return supported

    def validate_response_types(self, requested: list[str]) -> list[str]:
        if "code" not in requested:
            raise serializers.ValidationError("This server supports only the response type code.")
        return list(SUPPORTED_RESPONSE_TYPES)

    def validate_token_endpoint_auth_method(self, method: str) -> str:
        if method not in Client.AuthMethod.values:
            raise serializers.ValidationError(f"Choose one of {', '.join(Client.AuthMethod.values)}.")
        return method

    def validate_application_type(self, kind: str) -> str:
        # Clients often send a wrong value here ("web" for a native app), and nothing depends on it.
        return kind if kind in Client.ApplicationType.values else Client.ApplicationType.WEB.value

    def validate_token_endpoint_auth_signing_alg(self, algorithm: str) -> str:
        return algorithm if algorithm in public_keys.ALGORITHMS else ""

    def validate_scope(self, requested: str) -> str:
        return " ".join(scopes.narrow(requested.split()))

    def validate(self, metadata: dict[str, Any]) -> dict[str, Any]:
        method = metadata["token_endpoint_auth_method"]
        if method == Client.AuthMethod.PRIVATE_KEY_JWT and not (metadata["jwks_uri"] or metadata["jwks"]):
            raise serializers.ValidationError({"jwks_uri": NO_KEYS})
        has_secret = Client(token_endpoint_auth_method=method).has_secret
        keeps_secret = has_secret and self.context["keeps_secret"]
        try:
            narrowed = narrowing.narrow(metadata["redirect_uris"], has_secret=has_secret, keeps_secret=keeps_secret)
        except redirect_uris.InvalidRedirectURI as error:
            raise serializers.ValidationError({"redirect_uris": str(error)}) from error
        if has_secret and not narrowed.has_secret:
            metadata["token_endpoint_auth_method"] = Client.AuthMethod.NONE.value
        described = narrowing.describe(narrowed, had_secret=has_secret)
        return {**metadata, "redirect_uris": narrowed.registered, "narrowed": described}


class MetadataRefused(Exception):
    """Client metadata that cannot be registered, with RFC 7591's error code (section 3.2.2)."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """Validated metadata as `fields` of Client, and sentences for the audit log about what was left out, or ""."""

    fields: dict[str, Any]
    narrowed: str


def checked(document: dict[str, Any], *, keeps_secret: bool = False) -> ClientMetadata:
    """Return the validated and narrowed metadata in `document`. Raises MetadataRefused with the RFC's error code.

    `keeps_secret`: the client has a secret, which it cannot lose.
    """
    serializer = ClientMetadataSerializer(data=document, context={"keeps_secret": keeps_secret})
    if serializer.is_valid():
        metadata = serializer.validated_data
        fields = as_fields(metadata)
        refuse_large(fields)
        refuse_blocked(metadata["redirect_uris"])
        return ClientMetadata(fields, metadata["narrowed"])
    field, message = first_error(serializer.errors)
    error = "invalid_redirect_uri" if field == "redirect_uris" else "invalid_client_metadata"
    raise MetadataRefused(error, f"{field}: {message}")


def refuse_large(fields: dict[str, Any]) -> None:
    """Raise MetadataRefused for metadata larger than MOST_STORED."""
    if len(json.dumps(fields)) > MOST_STORED:
        raise MetadataRefused("invalid_client_metadata", f"The metadata is larger than {size(MOST_STORED)}.")


def refuse_blocked(uris: list[str]) -> None:
    """Raise MetadataRefused where the host of one of `uris` is at a domain that the operator blocked."""
    blocked = find_blocked(map(redirect_uris.host_of, uris))
    if blocked is not None:
        raise MetadataRefused("access_denied", f"The operator of this server blocked {blocked.domain}.", status=403)


def first_error(found: Any) -> tuple[str, str]:
    """Return the field and the message of the first error in REST framework's nested dictionary of errors."""
    field, problem = next(iter(found.items()))
    while isinstance(problem, dict | list):
        problem = next(iter(problem.values())) if isinstance(problem, dict) else problem[0]
    return str(field), str(problem)


def as_fields(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return validated metadata as fields of Client."""
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
                "dpop_bound_access_tokens",
            )
        },
    }

"""Dynamic client registration (RFC 7591) and its management (RFC 7592).

Unknown values are narrowed away, dangerous ones refused. Whoever registers gets a name on a
consent page and nothing else, so everybody may.
"""

import unicodedata
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from oauth2_provider.generators import generate_client_secret
from pydantic_core import from_json
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import events, redirects, scopes
from accounts.address import issuer
from accounts.endpoints import NEVER_STORED, error_response, exception_response
from accounts.models import Client, Event
from accounts.tokens import checksum, random_token

OFFERED_GRANT_TYPES = ("authorization_code", "refresh_token")
OFFERED_RESPONSE_TYPES = ("code",)
# They turn the direction of the text that follows, so that a name can pretend to be something else.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


class Text(serializers.CharField):
    """A JSON string, and no number that could be read as one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Name(Text):
    """A name that people will read: in one line, in one direction."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if any(character in BIDI_CONTROLS or unicodedata.category(character) == "Cc" for character in name):
            raise serializers.ValidationError("Control characters are not allowed.")
        return name


class PageAddress(Text):
    """A web address to show, or nothing where it is none: no login hangs on a logo."""

    def to_internal_value(self, data: Any) -> str:
        address = super().to_internal_value(data)
        try:
            URLValidator(schemes=["https", "http"])(address)
        except ValidationError:
            return ""
        return address


class Texts(serializers.ListField):
    child = Text()


class ClientMetadataSerializer(serializers.Serializer):
    """RFC 7591 section 2: what a client says of itself, and what we make of it."""

    redirect_uris = serializers.ListField(child=Text(max_length=redirects.LONGEST_URI, trim_whitespace=False))
    client_name = Name(required=False, allow_blank=True, max_length=255, default="")
    client_uri = PageAddress(required=False, allow_blank=True, default="")
    logo_uri = PageAddress(required=False, allow_blank=True, default="")
    scope = Text(required=False, allow_blank=True, max_length=4000, default="")
    grant_types = Texts(required=False, default=list(OFFERED_GRANT_TYPES))
    response_types = Texts(required=False, default=list(OFFERED_RESPONSE_TYPES))
    token_endpoint_auth_method = Text(required=False, default=Client.AuthMethod.BASIC.value)
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
        public = metadata["token_endpoint_auth_method"] == Client.AuthMethod.NONE
        try:
            redirects.check_all(metadata["redirect_uris"], public=public)
        except redirects.InvalidRedirectURI as error:
            raise serializers.ValidationError({"redirect_uris": str(error)}) from error
        return metadata


class MetadataRefused(Exception):
    """Client metadata that cannot be registered, with RFC 7591's error code (section 3.2.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


class RegistrationEndpoint(APIView):
    """What registering and managing have in common: JSON in, RFC 7591's JSON out."""

    def get_exception_handler(self) -> Any:
        return self.explain

    def explain(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if not isinstance(exception, MetadataRefused):
            return exception_response(exception, context)
        self.record(outcome=Event.Outcome.REFUSED, reason=exception.error, detail=exception.description)
        return error_response(exception.error, exception.description)

    def record(self, **fields: Any) -> None:
        events.record(Event.Kind.REGISTRATION, request=self.request, action=self.request.method, **fields)


class ClientRegistrationView(RegistrationEndpoint):
    """POST /oauth/register: a new client (RFC 7591 section 3)."""

    def post(self, request: Request) -> HttpResponse:
        metadata = read_metadata(request)
        client = Client(registration_source=Client.RegistrationSource.DCR, **as_fields(metadata))
        secret = "" if client.is_public else generate_client_secret()
        token = random_token()
        client.client_secret, client.registration_token_checksum = secret, checksum(token)
        with transaction.atomic():
            client.save()
            self.record(client=client)
        answer = describe(client, request) | {"registration_access_token": token}
        if secret:
            answer |= {"client_secret": secret, "client_secret_expires_at": 0}
        return JsonResponse(answer, status=201, headers=NEVER_STORED)


class ClientConfigurationView(RegistrationEndpoint):
    """GET, PUT and DELETE at the `registration_client_uri` (RFC 7592), with the registration access token."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.client = authenticate(request, kwargs["client_id"])

    def explain(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if isinstance(exception, NotTheOwner):
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return error_response("invalid_token", str(exception), status=401, headers=headers)
        return super().explain(exception, context)

    def get(self, request: Request, client_id: str) -> HttpResponse:
        return JsonResponse(describe(self.client, request), headers=NEVER_STORED)

    def put(self, request: Request, client_id: str) -> HttpResponse:
        """Replace all metadata (RFC 7592 section 2.2). The authentication method stays: the secret hangs on it."""
        metadata = read_metadata(request, named=self.client.client_id)
        if (metadata["token_endpoint_auth_method"] == Client.AuthMethod.NONE) != self.client.is_public:
            raise MetadataRefused("invalid_client_metadata", "A client cannot gain or lose its secret; register anew.")
        for field, value in as_fields(metadata).items():
            setattr(self.client, field, value)
        with transaction.atomic():
            self.client.save()
            self.record(client=self.client)
        return JsonResponse(describe(self.client, request), headers=NEVER_STORED)

    def delete(self, request: Request, client_id: str) -> HttpResponse:
        with transaction.atomic():
            self.record(client=self.client)
            self.client.delete()
        return HttpResponse(status=204, headers=NEVER_STORED)


class NotTheOwner(Exception):
    """The registration access token is missing, wrong, or for another client."""


def authenticate(request: Request, client_id: str) -> Client:
    """The client that the request may manage. Raises NotTheOwner, alike for a wrong token and an unknown client."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    client = (
        Client.objects.filter(client_id=client_id, suspended_at=None).exclude(registration_token_checksum="").first()
    )
    if scheme.lower() != "bearer" or client is None:
        raise NotTheOwner("Send the registration access token of this client.")
    if not constant_time_compare(checksum(token.strip()), client.registration_token_checksum):
        raise NotTheOwner("Send the registration access token of this client.")
    return client


def read_metadata(request: HttpRequest | Request, *, named: str = "") -> dict[str, Any]:
    """The checked metadata in the body of `request`; where `named` is given, the body must name that client_id.

    Raises MetadataRefused with the RFC's code.
    """
    document = read_json_object(request)
    if named and document.get("client_id") != named:
        raise MetadataRefused("invalid_client_metadata", "client_id: The body must name the client that it updates.")
    serializer = ClientMetadataSerializer(data=document)
    if serializer.is_valid():
        return serializer.validated_data
    field, message = first_error(serializer.errors)
    error = "invalid_redirect_uri" if field == "redirect_uris" else "invalid_client_metadata"
    raise MetadataRefused(error, f"{field}: {message}")


def read_json_object(request: HttpRequest | Request) -> dict[str, Any]:
    try:
        document = from_json(request.body, allow_inf_nan=False)
    except RequestDataTooBig as error:
        raise MetadataRefused("invalid_client_metadata", "The request is too large.") from error
    except ValueError as error:
        raise MetadataRefused("invalid_client_metadata", f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise MetadataRefused("invalid_client_metadata", "The body must be a JSON object.")
    return document


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
            for name in ("client_uri", "logo_uri", "scope", "token_endpoint_auth_method", "application_type")
        },
    }


def describe(client: Client, request: HttpRequest | Request) -> dict[str, Any]:
    """RFC 7591 section 3.2.1: everything registered about the client, but for what is shown once."""
    optional = {"client_name": client.name, "client_uri": client.client_uri, "logo_uri": client.logo_uri}
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        **{name: value for name, value in optional.items() if value},
        "redirect_uris": client.redirect_uris.split(),
        "grant_types": client.grant_types.split(),
        "response_types": list(OFFERED_RESPONSE_TYPES),
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "application_type": client.application_type,
        "scope": client.scope,
        "registration_client_uri": f"{issuer(request)}/oauth/register/{client.client_id}",
    }

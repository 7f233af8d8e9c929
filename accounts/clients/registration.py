"""Dynamic client registration (RFC 7591) and its management (RFC 7592).

Whoever registers gets a name on a consent page and nothing else, so everybody may.
"""

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from oauth2_provider.generators import generate_client_secret
from rest_framework.request import Request

from accounts import rate_limits
from accounts.audit import events
from accounts.clients import changes as client_changes
from accounts.clients import unused as unused_clients
from accounts.clients.metadata import OFFERED_RESPONSE_TYPES, MetadataRefused, as_fields, checked
from accounts.conf import conf
from accounts.crypto.token_values import checksum, random_token
from accounts.http.address import client_network, issuer
from accounts.http.json_input import read_json
from accounts.models import Client, Event
from accounts.responses import NEVER_STORED, TOO_LARGE, MachineAPIView, error_response
from accounts.revocation import deletion


class RegistrationEndpoint(MachineAPIView):
    """What registering and managing have in common: JSON in, RFC 7591's JSON out."""

    def explain(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if not isinstance(exception, MetadataRefused):
            return super().explain(exception, context)
        self.record(outcome=Event.Outcome.REFUSED, reason=exception.error, detail=exception.description)
        return error_response(exception.error, exception.description, status=exception.status)

    def record(self, **fields: Any) -> None:
        events.record(Event.Kind.REGISTRATION, request=self.request, action=self.request.method, **fields)


class ClientRegistrationView(RegistrationEndpoint):
    """POST /oauth/register: a new client (RFC 7591 section 3)."""

    def post(self, request: Request) -> HttpResponse:
        if conf.REGISTRATION == "closed":
            raise MetadataRefused("access_denied", "Registration is closed: ask the server's operator.", status=403)
        statuses = rate_limits.hit(*quotas_of(request))
        metadata = read_metadata(request)
        client = Client(registration_source=Client.RegistrationSource.DCR, **as_fields(metadata))
        if conf.REGISTRATION == "reviewed":
            client.approved_at = None
        secret = generate_client_secret() if client.has_secret else ""
        token = random_token()
        client.client_secret, client.registration_token_checksum = secret, checksum(token)
        with transaction.atomic():
            client.save()
            self.record(client=client)
        unused_clients.trim_if_due()
        answer = describe(client, request) | {"registration_access_token": token}
        if secret:
            answer |= {"client_secret": secret, "client_secret_expires_at": 0}
        return JsonResponse(answer, status=201, headers={**NEVER_STORED, **rate_limits.headers(statuses)})


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
        rate_limits.hit(*quotas_of(request))
        fields = as_fields(read_metadata(request, of=self.client))
        with transaction.atomic():
            self.client = locked(self.client)
            if Client(**fields).has_secret != self.client.has_secret:
                told = "A client cannot gain or lose its secret; register anew."
                raise MetadataRefused("invalid_client_metadata", told)
            client_changes.apply(self.client, fields)
            self.record(client=self.client)
        return JsonResponse(describe(self.client, request), headers=NEVER_STORED)

    def delete(self, request: Request, client_id: str) -> HttpResponse:
        """End the client, then delete all that hangs on it, which may be much, in further transactions.

        Ended by its approval, so that the client may ask again where the server stops in between.
        """
        with transaction.atomic():
            self.client = locked(self.client)
            Client.objects.filter(pk=self.client.pk).update(approved_at=None)
            self.record(client=self.client)
        deletion.delete(self.client, reason="client_deleted")
        return HttpResponse(status=204, headers=NEVER_STORED)


def quotas_of(request: Request) -> list[rate_limits.Quota]:
    return rate_limits.quotas(registrations_address=client_network(request._request), registrations_total="")


class NotTheOwner(Exception):
    """The registration access token is missing, wrong, or for another client."""


def authenticate(request: Request, client_id: str) -> Client:
    """The client that the request may manage. Raises NotTheOwner, alike for a wrong token and an unknown client."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    known = Client.objects.filter(suspended_at=None).exclude(registration_token_checksum="")
    # A database need not be able to look for whatever stands in an address.
    client = known.filter(client_id=client_id).first() if client_id.isprintable() else None
    if scheme.lower() != "bearer" or client is None:
        raise NotTheOwner("Send the registration access token of this client.")
    if not constant_time_compare(checksum(token.strip()), client.registration_token_checksum):
        raise NotTheOwner("Send the registration access token of this client.")
    return client


def locked(client: Client) -> Client:
    """The row of `client` as it is now, locked. Raises NotTheOwner where it was deleted or suspended meanwhile."""
    found = Client.objects.select_for_update(of=("self",)).filter(pk=client.pk, suspended_at=None).first()
    if found is None:
        raise NotTheOwner("Send the registration access token of this client.")
    return found


def read_metadata(request: HttpRequest | Request, *, of: Client | None = None) -> dict[str, Any]:
    """The checked metadata in the body of `request`; an update must name the client that it is `of`.

    Raises MetadataRefused with the RFC's code.
    """
    document = read_json_object(request)
    if of is not None and document.get("client_id") != of.client_id:
        raise MetadataRefused("invalid_client_metadata", "client_id: The body must name the client that it updates.")
    # RFC 7592 section 2.2: "the value of this field MUST match the currently issued client secret".
    if of is not None and "client_secret" in document and not is_secret_of(of, document["client_secret"]):
        raise MetadataRefused("invalid_client_metadata", "client_secret: This is not the client's secret.")
    return checked(document)


def is_secret_of(client: Client, secret: Any) -> bool:
    return isinstance(secret, str) and client.has_secret and check_password(secret, client.client_secret)


def read_json_object(request: HttpRequest | Request) -> dict[str, Any]:
    try:
        document = read_json(request.body)
    except RequestDataTooBig as error:
        raise MetadataRefused("invalid_client_metadata", TOO_LARGE, status=413) from error
    except ValueError as error:
        raise MetadataRefused("invalid_client_metadata", f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise MetadataRefused("invalid_client_metadata", "The body must be a JSON object.")
    return document


def describe(client: Client, request: HttpRequest | Request) -> dict[str, Any]:
    """RFC 7591 section 3.2.1: everything registered about the client, but for what is shown once."""
    optional = {
        "client_name": client.name,
        "client_uri": client.client_uri,
        "logo_uri": client.logo_uri,
        "jwks_uri": client.jwks_uri,
        "jwks": client.jwks,
        "token_endpoint_auth_signing_alg": client.token_endpoint_auth_signing_alg,
    }
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

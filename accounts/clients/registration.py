"""Dynamic client registration (RFC 7591) and its management (RFC 7592).

A registration gives a client no access: it may only ask people for consent. So no authentication is required.
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
from accounts.clients.identity.review import hold_for_review
from accounts.clients.metadata.validation import SUPPORTED_RESPONSE_TYPES, ClientMetadata, MetadataRefused, checked
from accounts.clients.narrowing import without_nulls
from accounts.conf import conf
from accounts.crypto.token_values import checksum, random_token
from accounts.http.address import client_network, endpoint, issuer
from accounts.http.json_input import read_json
from accounts.models import Client, Event
from accounts.responses import NO_STORE, TOO_LARGE, JSONAPIView, error_response
from accounts.revocation import deletion


class RegistrationEndpoint(JSONAPIView):
    """The base of registration and its management: errors in the form of RFC 7591, and events."""

    def response_for(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if not isinstance(exception, MetadataRefused):
            return super().response_for(exception, context)
        self.record(outcome=Event.Outcome.REFUSED, reason=exception.error, detail=exception.description)
        return error_response(exception.error, exception.description, status=exception.status)

    def record(self, **fields: Any) -> None:
        events.record(Event.Kind.REGISTRATION, request=self.request, action=self.request.method, **fields)


class ClientRegistrationView(RegistrationEndpoint):
    """POST /oauth/register: a new client (RFC 7591 section 3)."""

    def post(self, request: Request) -> HttpResponse:
        if conf.REGISTRATION == "closed":
            raise MetadataRefused(
                "access_denied", "Registration is closed. Ask the operator of this server.", status=403
            )
        statuses = rate_limits.hit(*quotas_of(request))
        metadata = read_metadata(request)
        client = Client(registration_source=Client.RegistrationSource.DCR, **metadata.fields)
        held = hold_for_review(client)
        secret = generate_client_secret() if client.has_secret else ""
        token = random_token()
        client.client_secret, client.registration_token_checksum = secret, checksum(token)
        with transaction.atomic():
            client.save()
            self.record(client=client, detail=f"{held} {metadata.narrowed}".strip())
        unused_clients.trim_if_due()
        registered = describe(client, request, token=token)
        if secret:
            registered |= {"client_secret": secret, "client_secret_expires_at": 0}
        return JsonResponse(registered, status=201, headers={**NO_STORE, **rate_limits.headers(statuses)})


class ClientConfigurationView(RegistrationEndpoint):
    """GET, PUT and DELETE at the `registration_client_uri` (RFC 7592), with the registration access token."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.token = presented_token(request)
        self.client = authenticate(self.token, kwargs["client_id"])

    def response_for(self, exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
        if isinstance(exception, InvalidRegistrationToken):
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return error_response("invalid_token", str(exception), status=401, headers=headers)
        return super().response_for(exception, context)

    def get(self, request: Request, client_id: str) -> HttpResponse:
        return self.client_information(request)

    def put(self, request: Request, client_id: str) -> HttpResponse:
        """Replace all metadata (RFC 7592 section 2.2). A client cannot gain or lose its secret."""
        rate_limits.hit(*quotas_of(request))
        metadata = read_metadata(request, of=self.client)
        with transaction.atomic():
            self.client = locked(self.client)
            if Client(**metadata.fields).has_secret != self.client.has_secret:
                message = "A client cannot gain or lose its secret. Register a new client."
                raise MetadataRefused("invalid_client_metadata", message)
            client_changes.apply(self.client, metadata.fields)
            self.record(client=self.client, detail=metadata.narrowed)
        return self.client_information(request)

    def client_information(self, request: Request) -> HttpResponse:
        """Return the response of RFC 7592 section 3, with the token of the request: only its checksum is stored."""
        return JsonResponse(describe(self.client, request, token=self.token), headers=NO_STORE)

    def delete(self, request: Request, client_id: str) -> HttpResponse:
        """Disable the client, then delete it with its consents and tokens, in further transactions.

        It is disabled by its approval, not suspended, so that it can repeat the request if the server stops meanwhile.
        """
        with transaction.atomic():
            self.client = locked(self.client)
            Client.objects.filter(pk=self.client.pk).update(approved_at=None)
            self.record(client=self.client)
        deletion.delete(self.client, reason="client_deleted")
        return HttpResponse(status=204, headers=NO_STORE)


def quotas_of(request: Request) -> list[rate_limits.Quota]:
    return rate_limits.quotas(registrations_address=client_network(request._request), registrations_total="")


class InvalidRegistrationToken(Exception):
    """The registration access token is missing, wrong, or for another client."""


def presented_token(request: Request) -> str:
    """Return the bearer token in the Authorization header, or ""."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def authenticate(token: str, client_id: str) -> Client:
    """Return the client that has this registration access token. Raises InvalidRegistrationToken otherwise.

    The error is the same for a wrong token and for an unknown client.
    """
    known = Client.objects.filter(suspended_at=None).exclude(registration_token_checksum="")
    # PostgreSQL cannot look for every string in a path, such as one with NUL.
    client = known.filter(client_id=client_id).first() if client_id.isprintable() else None
    if not token or client is None:
        raise InvalidRegistrationToken("Send the registration access token of this client.")
    if not constant_time_compare(checksum(token), client.registration_token_checksum):
        raise InvalidRegistrationToken("Send the registration access token of this client.")
    return client


def locked(client: Client) -> Client:
    """Return the row of `client`, read again and locked.

    Raises InvalidRegistrationToken where it was deleted or suspended meanwhile.
    """
    found = Client.objects.select_for_update(of=("self",)).filter(pk=client.pk, suspended_at=None).first()
    if found is None:
        raise InvalidRegistrationToken("Send the registration access token of this client.")
    return found


def read_metadata(request: HttpRequest | Request, *, of: Client | None = None) -> ClientMetadata:
    """Return the validated metadata in the body of `request`. An update must name its client, `of`.

    Raises MetadataRefused with the RFC's error code.
    """
    document = without_nulls(read_json_object(request))
    if of is None:
        return checked(document)
    if document.get("client_id") != of.client_id:
        raise MetadataRefused("invalid_client_metadata", "client_id: The body must name the client that it updates.")
    # RFC 7592 section 2.2: "the value of this field MUST match the currently issued client secret".
    if "client_secret" in document and not is_secret_of(of, document["client_secret"]):
        raise MetadataRefused("invalid_client_metadata", "client_secret: This is not the client's current secret.")
    # The default of RFC 7591 would give a client a secret, or take its key away, which it did not ask for.
    return checked(
        {"token_endpoint_auth_method": of.token_endpoint_auth_method, **document}, keeps_secret=of.has_secret
    )


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


def describe(client: Client, request: HttpRequest | Request, *, token: str) -> dict[str, Any]:
    """Return the registered metadata of the client (RFC 7591 section 3.2.1) and its `token`, without its secret."""
    optional = {
        "client_name": client.name,
        "client_uri": client.client_uri,
        "logo_uri": client.logo_uri,
        "jwks_uri": client.jwks_uri,
        "jwks": client.jwks,
        "token_endpoint_auth_signing_alg": client.token_endpoint_auth_signing_alg,
        "dpop_bound_access_tokens": client.dpop_bound_access_tokens,
    }
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        **{name: value for name, value in optional.items() if value},
        "redirect_uris": client.redirect_uris.split(),
        "grant_types": client.grant_types.split(),
        "response_types": list(SUPPORTED_RESPONSE_TYPES) if client.needs_redirect_uri else [],
        "token_endpoint_auth_method": client.token_endpoint_auth_method,
        "application_type": client.application_type,
        "scope": client.scope,
        "registration_client_uri": f"{endpoint(issuer(request), 'oauth_mcp:register')}/{client.client_id}",
        "registration_access_token": token,
    }

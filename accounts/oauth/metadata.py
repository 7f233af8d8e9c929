"""Discovery metadata: RFC 8414 of the authorization server, RFC 9728 of the MCP endpoint."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from accounts import scopes
from accounts.audit import events
from accounts.client_credentials.assertions import ALGORITHMS
from accounts.conf import conf
from accounts.dpop.keys import ALGORITHMS as DPOP_ALGORITHMS
from accounts.grants.server import GRANT_TYPES
from accounts.grants.sign_in_requirements import PROMPTS
from accounts.http import mount
from accounts.http.address import endpoint, issuer, requested_resource, resource, resource_at
from accounts.models import Client, Event, ProtectedResource, TrustedIssuer
from accounts.protected_resources import endpoints
from accounts.responses import JSONView, error_response
from accounts.signing import keys

AUTHORIZATION_SERVER = "oauth-authorization-server"
PROTECTED_RESOURCE = "oauth-protected-resource"
# Of protected resources (accounts/resource_server/introspection.py).
INTROSPECTION_METHODS = ["client_secret_basic", "client_secret_post"]
ID_JAG_PROFILE = "urn:ietf:params:oauth:grant-profile:id-jag"


def resource_metadata_url(request: HttpRequest) -> str:
    """Return the URL of the metadata of the endpoint that is requested, in its path form (RFC 9728 section 3.1)."""
    return mount.well_known(requested_resource(request), PROTECTED_RESOURCE)


def issuer_metadata_url(request: HttpRequest) -> str:
    """Return the URL of the authorization server's metadata (RFC 8414 section 3.1)."""
    return mount.well_known(issuer(request), AUTHORIZATION_SERVER)


class DocumentView(JSONView):
    """GET: a public JSON document."""

    http_method_names = ["get", "head", "options"]
    # The action of its events in the audit log.
    about: ClassVar[str]

    def document(self, request: HttpRequest) -> dict[str, Any]:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        events.record_once(Event.Kind.METADATA, request, action=self.about)
        return JsonResponse(self.document(request))


class AuthorizationServerMetadataView(DocumentView):
    about = "authorization server"

    def document(self, request: HttpRequest) -> dict[str, Any]:
        own, mcp = issuer(request), resource(request)
        methods = list(Client.AuthMethod.values)
        others = ProtectedResource.objects.filter(is_active=True).order_by("pk").values_list("identifier", flat=True)
        closed = conf.REGISTRATION == "closed"
        return {
            "issuer": own,
            "authorization_endpoint": endpoint(own, "oauth_mcp:authorize"),
            "token_endpoint": endpoint(own, "oauth_mcp:token"),
            "device_authorization_endpoint": endpoint(own, "oauth_mcp:device_authorization"),
            **({} if closed else {"registration_endpoint": endpoint(own, "oauth_mcp:register")}),
            "client_id_metadata_document_supported": not closed,
            "revocation_endpoint": endpoint(own, "oauth_mcp:revoke"),
            "scopes_supported": scopes.names(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            **grant_profiles(),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "introspection_endpoint": endpoint(own, "oauth_mcp:introspect"),
            "introspection_endpoint_auth_methods_supported": INTROSPECTION_METHODS,
            "introspection_signing_alg_values_supported": keys.algorithms(),
            "jwks_uri": endpoint(own, "oauth_mcp:jwks"),
            "dpop_signing_alg_values_supported": DPOP_ALGORITHMS,
            "authorization_response_iss_parameter_supported": True,
            "prompt_values_supported": PROMPTS,
            "protected_resources": [mcp, *(resource_at(mcp, each.name) for each in endpoints.active()), *others],
        }


def grant_profiles() -> dict[str, list[str]]:
    """Return the profile of ID-JAGs (draft-ietf-oauth-identity-assertion-authz-grant), if an issuer is trusted."""
    is_trusted = TrustedIssuer.objects.filter(use=TrustedIssuer.Use.ID_JAG, is_active=True).exists()
    return {"authorization_grant_profiles_supported": [ID_JAG_PROFILE]} if is_trusted else {}


class ProtectedResourceMetadataView(DocumentView):
    about = "protected resource"

    def dispatch(self, request: HttpRequest, endpoint: str | None = None) -> HttpResponseBase:
        self.endpoint = endpoints.find(endpoint) if endpoint is not None else None
        if endpoint is not None and self.endpoint is None:
            return no_document(request)
        return super().dispatch(request)

    def document(self, request: HttpRequest) -> dict[str, Any]:
        endpoint = self.endpoint
        return {
            "resource": resource_at(resource(request), endpoint.name if endpoint is not None else ""),
            "resource_name": endpoint.title if endpoint is not None else conf.SERVER_NAME,
            "authorization_servers": [issuer(request)],
            "scopes_supported": list(endpoint.scopes) if endpoint else scopes.names(of_resource_only=True),
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": DPOP_ALGORITHMS,
            "dpop_bound_access_tokens_required": False,
        }


class UnknownDocumentView(JSONView):
    """Every other well-known path: 404 in JSON, because some clients parse any page as a document.

    This includes the path form of the authorization server's metadata (`…/oauth-authorization-server/mcp`). Its issuer
    would have to be the MCP endpoint (RFC 8414 section 3.3), so strict clients would refuse the document. Clients that
    ask for it go on to the form without a path.
    """

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return no_document(request)


def no_document(request: HttpRequest) -> HttpResponse:
    hint = f"The metadata is at {issuer_metadata_url(request)}."
    return error_response("not_found", f"There is no such document here. {hint}", status=404)

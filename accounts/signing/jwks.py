"""The document with the public keys (RFC 7517 section 5), by which other servers verify this one's JWTs."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag

from accounts.crypto.token_values import checksum
from accounts.models import SigningKey
from accounts.responses import JSONView
from accounts.signing import keys


class KeySetView(JSONView):
    """GET: the public keys, newest first: one that will sign, the one that signs, and former ones."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest) -> HttpResponse:
        # Made here if need be: a server that reads no key might remember that.
        keys.current()
        published = [key.public_jwk for key in SigningKey.objects.published()]
        response = JsonResponse({"keys": published})
        response["ETag"] = quote_etag(checksum(response.content.decode()))
        patch_cache_control(response, public=True, max_age=int(keys.MAX_AGE.total_seconds()))
        return get_conditional_response(request, etag=response["ETag"], response=response) or response

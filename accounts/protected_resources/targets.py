"""The resource that a request names (RFC 8707). An authorization, with all its tokens, is for one resource."""

from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error, InvalidGrantError, OAuth2Error

from accounts.http.address import same_resource
from accounts.models import Authorization, ProtectedResource
from accounts.protected_resources import endpoints


def choose(requested: list[str], own: str) -> ProtectedResource | None:
    """Return the resource in `requested`, the values of `resource`; None for this server's `own`, or for none.

    Raises `invalid_target` for an unknown one, and for several.
    """
    named = [each for each in requested if each.strip()]
    others = [each for each in named if not same_resource(each, own)]
    if not others:
        return None
    if len(others) < len(named) or not all(same_resource(each, others[0]) for each in others):
        raise invalid_target(f"A token is for one resource, and this server's own is {own}. Request one for each.")
    found = find(others[0], own)
    if found is None:
        raise invalid_target(f"This server issues no tokens for that resource. Its own is {own}.")
    return found


def check(requested: list[str], authorization: Authorization | None, own: str) -> None:
    """Raise OAuth2Error unless each of `requested` is the resource of `authorization`; without one, `own`.

    Raises `invalid_grant` where that resource was switched off or deleted.
    """
    expected = (authorization.resource if authorization is not None else "") or own
    if not all(same_resource(each, expected) for each in requested if each.strip()):
        raise invalid_target(f"This server issues these tokens only for {expected}.")
    if authorization is not None and authorization.resource and not is_active(authorization.resource, own):
        raise InvalidGrantError(description="The resource of the authorization was switched off or deleted.")


def find(identifier: str, own: str) -> ProtectedResource | None:
    """Return the active resource with that identifier: a further endpoint of this server, or another server."""
    if (endpoint := endpoints.find_resource(identifier, own)) is not None:
        return endpoint
    return find_row(identifier)


def find_row(identifier: str) -> ProtectedResource | None:
    """Return the active resource that an operator added with that identifier."""
    active = ProtectedResource.objects.filter(is_active=True)
    return next((each for each in active if same_resource(each.identifier, identifier)), None)


def is_active(identifier: str, own: str) -> bool:
    """Return whether the resource of an authorization is active."""
    others = ProtectedResource.objects.filter(identifier=identifier, is_active=True)
    return endpoints.find_resource(identifier, own) is not None or others.exists()


def is_allowed(target: ProtectedResource | None, allowed: str) -> bool:
    """Return whether tokens may be issued for `target` where the operator `allowed` other servers, by identifiers.

    This server's own endpoints need no permission: each has less than the first, which is None.
    """
    return target is None or bool(target.endpoint) or target.identifier in allowed.split()


def invalid_target(description: str) -> OAuth2Error:
    return CustomOAuth2Error("invalid_target", description=description, status_code=400)

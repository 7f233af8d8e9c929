"""The parameters of a token exchange (RFC 8693 section 2.1)."""

from dataclasses import dataclass

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from accounts.http.address import same_resource
from accounts.protected_resources.targets import invalid_target

# RFC 8693 section 3.
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Parameters:
    """A well-formed request. An empty `scope` asks for as much as is allowed."""

    subject_token: str
    target: str
    scope: list[str]


def read(request: Request) -> Parameters:
    """Return the parameters of oauthlib's `request`. Raises InvalidRequestError, and `invalid_target`."""
    sent = {name: value for name, value in request.decoded_body or [] if value}
    if "subject_token" not in sent:
        raise InvalidRequestError(description="The parameter subject_token is missing.")
    if sent.get("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequestError(description=f"subject_token_type must be {ACCESS_TOKEN}.")
    if sent.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise InvalidRequestError(description=f"requested_token_type can only be {ACCESS_TOKEN}.")
    if "actor_token" in sent or "actor_token_type" in sent:
        description = "Send no actor_token: the server that authenticates is the one that acts."
        raise InvalidRequestError(description=description)
    return Parameters(sent["subject_token"], _target(request), sent.get("scope", "").split())


def _target(request: Request) -> str:
    """Return the one resource that `resource` and `audience` name."""
    named = [value for name, value in request.decoded_body or [] if name in ("resource", "audience") and value.strip()]
    if not named:
        raise InvalidRequestError(description="Name the server that you want to call by the parameter resource.")
    if any(other != named[0] and not same_resource(other, named[0]) for other in named):
        raise invalid_target("A token is for one server. Request one for each.")
    return named[0]

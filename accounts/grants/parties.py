"""The person and the client of a request to the token endpoint, for its event."""

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.models import Client, Grant, ProtectedResource, RefreshToken
from accounts.user_model import User


@dataclass(slots=True)
class Parties:
    """The client that authenticated, and the person whose code or token was presented, as far as known.

    `has_asserted`: the client authenticated with its key (private_key_jwt). `resource` is the protected resource that
    authenticated in place of a client. `detail` is for the event of a success, and `reason` for the event of a refusal,
    where it is more exact than the error code.
    """

    client: Client | None = None
    user: User | None = None
    has_asserted: bool = False
    resource: ProtectedResource | None = None
    detail: str = ""
    reason: str = ""

    def note_user(self, presented: Grant | RefreshToken | None) -> None:
        self.user = presented.user if presented is not None else None


def parties_of(request: HttpRequest) -> Parties:
    """Return the parties of `request`, which the validator completes while it checks the request."""
    found: Parties = request.__dict__.setdefault("_oauth_parties", Parties())
    return found

"""Revocation upon a refused token: of the access of a suspended person."""

from accounts.resource_server.bearer import InvalidToken
from accounts.revocation.inactive_people import revoke_if_inactive


def revoke_if_suspended(error: InvalidToken) -> None:
    """Revoke what the person authorized if `error` refuses a token because that person is suspended.

    A token that is accepted costs no query for this.
    """
    if error.reason == "suspended_person" and error.principal is not None:
        revoke_if_inactive(error.principal.user)

"""Errors of the authorization endpoint, in words for the operator and for the person."""

from typing import Any

from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors

from accounts.grants.validator import ClientAwaitsReview

# For the operator; the client is told OAuth's own code.
REASONS: list[tuple[Any, str]] = [
    (ClientAwaitsReview, "client_awaits_review"),
    ((errors.InvalidClientIdError, errors.MissingClientIdError), "unknown_client"),
    (
        (errors.InvalidRedirectURIError, errors.MismatchingRedirectURIError, errors.MissingRedirectURIError),
        "mismatching_redirect_uri",
    ),
    ((errors.MissingCodeChallengeError, errors.UnsupportedCodeChallengeMethodError), "pkce_required"),
]


def reason_of(error: OAuth2Error) -> str:
    """The trail is more exact than OAuth's code for it."""
    return next((reason for kind, reason in REASONS if isinstance(error, kind)), error.error)


def explain(error: OAuth2Error) -> dict[str, str]:
    """Title, message and advice for a person whose app sent a request that cannot be trusted."""
    match error:
        case ClientAwaitsReview():
            return {
                "title": "Waiting for approval",
                "message": "The app is registered, but this server's operator has not approved it yet.",
                "advice": "Ask the operator to approve it in admin, then connect again.",
            }
        case errors.InvalidClientIdError() | errors.MissingClientIdError():
            return {
                "title": "Invalid client_id",
                "message": "The app that sent you here is not registered with this server, or no longer is.",
                "advice": "Remove this server in the app and add it again: the app then registers itself anew.",
            }
        case errors.InvalidRedirectURIError() | errors.MismatchingRedirectURIError() | errors.MissingRedirectURIError():
            return {
                "title": "Invalid redirect_uri",
                "message": "The app wants your answer sent to an address that it did not register.",
                "advice": "Do not go on if you did not start this yourself. Otherwise remove this server in the app "
                "and add it again.",
            }
        case _:
            return {
                "title": "Invalid request",
                "message": f"The app sent a request that cannot be read. {error.description}",
                "advice": "Start again from the app. If it happens again, tell the app's makers what this page says.",
            }

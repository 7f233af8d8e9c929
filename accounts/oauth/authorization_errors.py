"""Errors of the authorization endpoint: reasons for the audit log, and pages for the person."""

from typing import Any

from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import LoginRequired

from accounts.grants.validator import ClientAwaitsReview, ClientSuspended


class RequestExpired(errors.InvalidRequestError):
    """The authorization request no longer waits in this browser's session (accounts/oauth/pending_requests.py)."""

    description = "The request no longer waits in this browser."


# For the audit log; the client gets OAuth's error code.
REASONS: list[tuple[Any, str]] = [
    (ClientAwaitsReview, "client_awaits_review"),
    (ClientSuspended, "suspended_client"),
    (RequestExpired, "request_expired"),
    ((errors.InvalidClientIdError, errors.MissingClientIdError), "unknown_client"),
    (
        (errors.InvalidRedirectURIError, errors.MismatchingRedirectURIError, errors.MissingRedirectURIError),
        "mismatching_redirect_uri",
    ),
    ((errors.MissingCodeChallengeError, errors.UnsupportedCodeChallengeMethodError), "pkce_required"),
]


def reason_of(error: OAuth2Error) -> str:
    """Return the reason for the audit log, which is more precise than OAuth's error code."""
    return next((reason for kind, reason in REASONS if isinstance(error, kind)), error.error)


def explain(error: OAuth2Error) -> dict[str, str]:
    """Return title, message and advice for a person whose app sent a request that cannot be trusted."""
    match error:
        case ClientAwaitsReview():
            return {
                "title": "Waiting for approval",
                "message": "The app is registered, but this server's operator has not approved it yet.",
                "advice": "Ask the operator to approve it in admin, then connect again.",
            }
        case ClientSuspended():
            return {
                "title": "This app is suspended",
                "message": "The administrator of this server suspended the app, so it cannot connect.",
                "advice": "Ask the administrator to reinstate it. Adding this server again in the app does not help.",
            }
        case RequestExpired():
            return {
                "title": "This sign-in has expired",
                "message": "It was started more than an hour ago, in another browser, or before you closed this one.",
                "advice": "Start again from the app.",
            }
        case LoginRequired():
            return {
                "title": "Not signed in",
                "message": "The app asked for an answer without a sign-in page, but you are not signed in here.",
                "advice": "Start again from the app, and sign in when it asks you to.",
            }
        case errors.InvalidClientIdError() | errors.MissingClientIdError():
            return {
                "title": "Invalid client_id",
                "message": "The app is not registered with this server, or its registration was deleted.",
                "advice": "Remove this server in the app and add it again. The app then registers itself again.",
            }
        case errors.InvalidRedirectURIError() | errors.MismatchingRedirectURIError() | errors.MissingRedirectURIError():
            return {
                "title": "Invalid redirect_uri",
                "message": "The app asked this server to send you to an address that it did not register.",
                "advice": "Stop here if you did not start this yourself. Otherwise remove this server in the app "
                "and add it again.",
            }
        case _:
            return {
                "title": "Invalid request",
                "message": f"The app sent a request that cannot be read. {error.description}",
                "advice": "Start again from the app. If it happens again, report this page to the app's developers.",
            }

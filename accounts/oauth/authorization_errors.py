"""Errors of the authorization endpoint: reasons for the audit log, and pages for the person."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import LoginRequired

from accounts.grants.validator import ClientAwaitsReview, ClientSuspended


class RequestExpired(errors.InvalidRequestError):
    """The authorization request no longer waits in this browser's session (accounts/oauth/pending_requests.py)."""

    description = "The request no longer waits in this browser."


class ServicePersonSignedIn(errors.AccessDeniedError):
    """The person who is signed in is a service person, by a page of the site that does not know that."""

    description = "A service person cannot grant access."


class EndpointForbidden(errors.AccessDeniedError):
    """The person is in none of the groups that the operator chose for a toolset."""

    description = "The person is in none of the groups that may use this toolset."
    # The same, for the person.
    message = gettext_lazy(
        "Your account is in none of the groups that may use this toolset. Ask the operator to add you to one, then "
        "connect again."
    )


# For the audit log; the client gets OAuth's error code.
REASONS: list[tuple[Any, str]] = [
    (ClientAwaitsReview, "client_awaits_review"),
    (ClientSuspended, "suspended_client"),
    (RequestExpired, "request_expired"),
    (ServicePersonSignedIn, "service_person"),
    (EndpointForbidden, "forbidden_toolset"),
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
                "title": _("Waiting for approval"),
                "message": _("The app is registered, but this server's operator has not approved it yet."),
                "advice": _("Ask the operator to approve it in admin, then connect again."),
            }
        case ClientSuspended():
            return {
                "title": _("This app is suspended"),
                "message": _("The administrator of this server suspended the app, so it cannot connect."),
                "advice": _(
                    "Ask the administrator to reinstate it. Adding this server again in the app does not help."
                ),
            }
        case RequestExpired():
            return {
                "title": _("This sign-in has expired"),
                "message": _(
                    "It was started more than an hour ago, in another browser, or before you closed this one."
                ),
                "advice": _("Start again from the app."),
            }
        case ServicePersonSignedIn():
            return {
                "title": _("A service person cannot connect an app"),
                "message": _("You are signed in as a service person, which stands for a machine and grants no access."),
                "advice": _("Sign out, sign in as yourself, and start again from the app."),
            }
        case EndpointForbidden():
            return {"title": _("Request refused"), "message": str(error.message)}
        case LoginRequired():
            return {
                "title": _("Not signed in"),
                "message": _("The app asked for an answer without a sign-in page, but you are not signed in here."),
                "advice": _("Start again from the app, and sign in when it asks you to."),
            }
        case errors.InvalidClientIdError() | errors.MissingClientIdError():
            return {
                "title": _("Invalid client_id"),
                "message": _("The app is not registered with this server, or its registration was deleted."),
                "advice": _("Remove this server in the app and add it again. The app then registers itself again."),
            }
        case errors.InvalidRedirectURIError() | errors.MismatchingRedirectURIError() | errors.MissingRedirectURIError():
            return {
                "title": _("Invalid redirect_uri"),
                "message": _("The app asked this server to send you to an address that it did not register."),
                "advice": _(
                    "Stop here if you did not start this yourself. Otherwise remove this server in the app "
                    "and add it again."
                ),
            }
        case _:
            return {
                "title": _("Invalid request"),
                "message": _("The app sent a request that cannot be read. %(description)s")
                % {"description": error.description},
                "advice": _("Start again from the app. If it happens again, report this page to the app's developers."),
            }

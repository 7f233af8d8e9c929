"""Explanations of the reasons in the audit log: the rule that refused a request, and what to do."""

from accounts.diagnosis import devices, issuer_explanations, service_explanations
from accounts.diagnosis.explanation import Explanation
from accounts.models import Event

_AGAIN = "Remove this server in the app and add it again."

EXPLANATIONS: dict[str, Explanation] = {
    # --- The first request -----------------------------------------------------------------------
    "missing_token": Explanation(
        "Every request needs an access token. The reply to a client without one says where to get it.",
        "Nothing, if the client goes on to read the metadata. A client that stops here does not support OAuth, or "
        "cannot reach the address in the challenge: check PUBLIC_URL.",
    ),
    "malformed_token": Explanation(
        "The access token must be sent in the header “Authorization: Bearer <token>”.",
        "Check how the client, or a proxy in between, writes that header.",
    ),
    "unknown_token": Explanation(
        "This server accepts only tokens that it issued and still has in its database.",
        "The token is from another server or another database, or was pruned. " + _AGAIN,
    ),
    "expired_token": Explanation(
        "An access token expires after ACCESS_TOKEN_EXPIRE_MINUTES.",
        "Nothing, if the client refreshes it. If it does not, it has no refresh token. " + _AGAIN,
    ),
    "revoked_token": Explanation(
        "Access ends at once when it is revoked or its time is over.",
        "To give the app access again, connect again in the app.",
    ),
    "foreign_token": Explanation(
        "A token is valid for one resource: PUBLIC_URL with /mcp.",
        "PUBLIC_URL has changed since, or the app uses another address for the same server. " + _AGAIN,
    ),
    "bound_token": Explanation(
        "A token that is bound to a key (DPoP, RFC 9449) is accepted only with a proof of that key.",
        "If the app supports DPoP, send the detail to its developers. If it does not, somebody else has its token: "
        "revoke its access.",
    ),
    "unbound_token": Explanation(
        "A token that is not bound to a key is sent as Bearer, and not as DPoP.", "Use a newer version of the app."
    ),
    "foreign_key": Explanation(
        "A token that is bound to a key is accepted only with a proof of that very key.",
        "If the app lost its key, remove this server in it and add it again. If it did not, somebody else has its "
        "token: revoke its access.",
    ),
    "suspended_client": Explanation(
        "A client that is suspended or awaits approval has no access.",
        "Reinstate or approve the client in admin.",
    ),
    "suspended_person": Explanation(
        "A person whose account is not active has no access.", "Make the account active again in admin."
    ),
    "foreign_origin": Explanation(
        "Web pages may call this server only from the origins in ALLOWED_ORIGINS.",
        "If you trust the page, add its origin to ALLOWED_ORIGINS.",
    ),
    # --- Registration ------------------------------------------------------------------------------
    "invalid_redirect_uri": Explanation(
        "At least one redirect URI must use https, http on a loopback address, or a private scheme that contains a dot "
        "or is in PRIVATE_SCHEMES. Others are left out.",
        "The developers of the app must change the address. If you trust the app, you can add its scheme to "
        "PRIVATE_SCHEMES.",
    ),
    "invalid_client_metadata": Explanation(
        "The metadata of a client must be valid and supported by this server.",
        "Send the detail to the developers of the app.",
    ),
    "access_denied": Explanation(
        "The person cancelled, or your settings refused it.",
        "Connect again and approve, or check REGISTRATION and the blocked domains.",
    ),
    "document_refused": Explanation(
        "A metadata document must be reachable at its https address, name that address as client_id, and be supported "
        "by this server.",
        "Open the address: it must return JSON, on the public internet. Check also CLIENT_DOCUMENT_HOSTS.",
    ),
    "keys_refused": Explanation(
        "The keys of a client are fetched from its jwks_uri, on the public internet. A copy is used for up to a week.",
        "Open the address: it must return a JSON Web Key Set. The server tries again after a while.",
    ),
    "temporarily_unavailable": Explanation(
        "A client’s document or keys could not be fetched, or too many fetches were under way.",
        "Try again. If it happens often, check that this server reaches the client’s address.",
    ),
    "server_error": Explanation(
        "The server could not answer a valid request. The detail says why.",
        "If the signing key cannot be read, add the former SECRET_KEY to SECRET_KEY_FALLBACKS, or run "
        "`manage.py rotate_signing_key --leaked`.",
    ),
    "invalid_token": Explanation("To read or change a registration takes its registration access token.", _AGAIN),
    # --- Sign-in and consent -----------------------------------------------------------------------
    "unknown_client": Explanation(
        "A client must be registered here.", "The client was deleted, or registered with another database. " + _AGAIN
    ),
    "client_awaits_review": Explanation(
        "A new client waits until the operator has approved it, with REGISTRATION=reviewed or if it looks like a "
        "suspended client: same name, and an address in common.",
        "Approve the client in admin, then connect again in the app.",
    ),
    "request_expired": Explanation(
        "While a person signs in, a long request, or one for a new sign-in, waits in their browser for an hour.",
        "Connect again in the app, and stay in the same browser.",
    ),
    "login_required": Explanation(
        "With prompt=none the app asks for an answer without a page, which a person has to be signed in for.",
        "Connect again in the app.",
    ),
    "consent_required": Explanation(
        "With prompt=none the app asks for an answer without a page. It gets a code where a consent is remembered.",
        "Connect again in the app, and approve.",
    ),
    "mismatching_redirect_uri": Explanation(
        "The redirect URI must be exactly one that the client registered (any port on loopback).",
        "If you did not start this connection, do not continue. Otherwise remove this server in "
        "the app and add it again. The event of the registration names redirect URIs that were left out.",
    ),
    "pkce_required": Explanation(
        "PKCE with S256 is required of every client (OAuth 2.1).", "Use a newer version of the app."
    ),
    "unsupported_response_type": Explanation(
        "Only response_type=code is supported.", "Use a newer version of the app."
    ),
    "invalid_target": Explanation(
        "Tokens are issued only for this server’s own address, and for the protected resources in admin that are "
        "active (RFC 8707). Each token is for one of them.",
        "The app requested another address: enter exactly PUBLIC_URL with /mcp there, correct PUBLIC_URL, or add the "
        "other server to the protected resources.",
    ),
    "introspection_refused": Explanation(
        "Only a protected resource can ask about tokens, with its own client ID and secret.",
        "Check the credentials of that server, or rotate its secret on its page in admin.",
    ),
    "resource_ended": Explanation(
        "Tokens for a protected resource end when it is switched off or deleted.",
        "Switch it on again in admin, then connect again in the app.",
    ),
    "exchange_refused": Explanation(
        "A protected resource exchanges an active token that it received, where the operator allows that (RFC 8693).",
        "The detail says what was wrong. Exchanges are allowed on the page of that protected resource in admin.",
    ),
    "exchange_ended": Explanation(
        "What a protected resource got by an exchange ends when the operator changes or deletes that permission.",
        "Nothing. The server can exchange again what it is still allowed to.",
    ),
    "wrong_credentials": Explanation(
        "The username or the password was wrong.", "Try again. The operator can set a new password."
    ),
    "wrong_password": Explanation(
        "To change a password takes the old one.",
        "Nothing, unless it happens often: then somebody else may be using that browser.",
    ),
    "wrong_link": Explanation(
        "A link from an email works once, for a few days.", "Send the person a new one from their page in admin."
    ),
    "too_many_attempts": Explanation(
        "The LIMIT_SIGN_INS_… settings limit how often passwords, codes and links can be tried.",
        "Wait. Many attempts from one address may be an attempt to guess a password.",
    ),
    "wrong_second_factor": Explanation(
        "The code of the second factor was wrong.",
        "Try again with a new code, or with a recovery code. The operator can delete a lost second factor in admin.",
    ),
    "unusable_answer": Explanation(
        "In the answer of the single sign-on provider, the names of claims and the claims that identify a person must "
        "be text that the database can store.",
        "Check the server’s log and the person’s entry at the provider: an identifier with invisible characters may be "
        "an attempt to impersonate somebody else.",
    ),
    # --- Tokens -------------------------------------------------------------------------------------
    "invalid_client": Explanation(
        "A client authenticates by the method that it registered: its secret, its key, or none.",
        "Its secret was rotated, or it uses another method than it registered. Enter the newest secret in the app; an "
        "operator can make one on its page. If the app registered itself: remove this server there and add it again.",
    ),
    "invalid_grant": Explanation(
        "A code is valid once, for minutes; a refresh token once, until it expires; both only for their own client.",
        "Connect again in the app. If it happens often, two copies of the app share one login, or replies get lost.",
    ),
    "invalid_dpop_proof": Explanation(
        "A DPoP proof (RFC 9449) is a JWT for one request: with its method and address, and used once. An operator, or "
        "the metadata of the app, can require one.",
        "Check that PUBLIC_URL is the address that the app uses. Otherwise send the detail to the developers of the "
        "app.",
    ),
    "use_dpop_nonce": Explanation(
        "A DPoP proof must contain a recent nonce of this server, with DPOP_NONCE_REQUIRED or where the app’s clock is "
        "wrong.",
        "Nothing, if the app then sends another proof. Otherwise set its clock, or use a newer version of the app.",
    ),
    "unsupported_grant_type": Explanation(
        "Tokens are issued only by the grant types in this server’s metadata. A password is none of them.",
        "Configure the app to sign in as a person in the browser, or give it service access.",
    ),
    "invalid_request": Explanation(
        "A parameter is missing, repeated or malformed.", "Send the detail to the developers of the app."
    ),
    # --- Calls --------------------------------------------------------------------------------------
    "insufficient_scope": Explanation(
        "The token lacks a scope that the tool requires.",
        "Most clients then ask the person for it. Otherwise connect again, and leave the scope ticked.",
    ),
    "too_many_calls": Explanation(
        "The tool’s policy limits the calls per minute of each person.", "Wait a minute, or raise the limit in admin."
    ),
    "-32601": Explanation("The client called a method that this server does not have.", "Usually nothing."),
    "-32602": Explanation(
        "The tool is not available to this person and client, or its arguments are invalid.",
        "Check the detail, the tool’s policy, and the person’s groups and permissions.",
    ),
}
EXPLANATIONS |= devices.EXPLANATIONS | {
    "defect": Explanation(
        "The code of the tool raised an exception. The model was told only the reference in the detail.",
        "Search the server’s log for the reference: the exception stands beside it. Then correct the tool.",
    ),
    "tool_error": Explanation(
        "The tool refused the call, and told the model why.", "Usually nothing: the model can correct its call."
    ),
    "invalid_arguments": Explanation(
        "The arguments did not fit the tool’s schema, and the tool did not run. The detail names the arguments.",
        "Usually nothing: the model was told. If it happens often, describe the parameters better.",
    ),
    "timeout": Explanation(
        "The call took longer than the tool’s time limit, and its writes were rolled back.",
        "Make the tool quicker, or raise its timeout= or CALL_TIMEOUT_SECONDS.",
    ),
    "server_stopped": Explanation(
        "The server was reloaded or stopped, and the call did not end in the time that was left.",
        "The client can call again. For longer calls, raise gunicorn’s --graceful-timeout.",
    ),
    "cancelled": Explanation("The client cancelled the call or disconnected, or its access ended.", "Usually nothing."),
}
EXPLANATIONS |= service_explanations.EXPLANATIONS | issuer_explanations.EXPLANATIONS
UNKNOWN = Explanation("The detail names the reason.", "Send the detail to the developers of the app.")


def rule_of(reason: str) -> str:
    """Return the rule behind `reason`, or an empty text for an unknown reason."""
    return EXPLANATIONS[reason].rule if reason in EXPLANATIONS else ""


def explain(event: Event) -> Explanation | None:
    """Return the explanation of `event`; None if its outcome is ok."""
    return None if event.outcome == Event.Outcome.OK else EXPLANATIONS.get(event.reason, UNKNOWN)

"""Explanations of the reasons for which a first request, a registration, a sign-in or a consent is refused."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    # --- The first request -----------------------------------------------------------------------
    "missing_token": Explanation(
        _("Every request needs an access token. The reply to a client without one says where to get it."),
        _(
            "Nothing, if the client goes on to read the metadata. A client that stops here does not support OAuth, or "
            "cannot reach the address in the challenge: check PUBLIC_URL."
        ),
    ),
    "malformed_token": Explanation(
        _("The access token must be sent in the header “Authorization: Bearer <token>”."),
        _("Check how the client, or a proxy in between, writes that header."),
    ),
    "unknown_token": Explanation(
        _("This server accepts only tokens that it issued and still has in its database."),
        _(
            "The token is from another server or another database, or was pruned. Remove this server in the app and "
            "add it again."
        ),
    ),
    "expired_token": Explanation(
        _("An access token expires after ACCESS_TOKEN_EXPIRE_MINUTES."),
        _(
            "Nothing, if the client refreshes it. If it does not, it has no refresh token. Remove this server in the "
            "app and add it again."
        ),
    ),
    "revoked_token": Explanation(
        _("Access ends at once when it is revoked or its time is over."),
        _("To give the app access again, connect again in the app."),
    ),
    "unknown_endpoint": Explanation(
        _("No toolset of this name is switched on."), _("Correct the address in the app, or switch it on in admin.")
    ),
    "foreign_token": Explanation(
        _("A token is valid for one resource: PUBLIC_URL with /mcp."),
        _(
            "PUBLIC_URL has changed since, or the app uses another address for the same server. Remove this server in "
            "the app and add it again."
        ),
    ),
    "bound_token": Explanation(
        _("A token that is bound to a key (DPoP, RFC 9449) is accepted only with a proof of that key."),
        _(
            "If the app supports DPoP, send the detail to its developers. If it does not, somebody else has its token: "
            "revoke its access."
        ),
    ),
    "unbound_token": Explanation(
        _("A token that is not bound to a key is sent as Bearer, and not as DPoP."),
        _("Use a newer version of the app."),
    ),
    "foreign_key": Explanation(
        _("A token that is bound to a key is accepted only with a proof of that very key."),
        _(
            "If the app lost its key, remove this server in it and add it again. If it did not, somebody else has its "
            "token: revoke its access."
        ),
    ),
    "suspended_client": Explanation(
        _("A client that is suspended or awaits approval has no access."),
        _("Reinstate or approve the client in admin."),
    ),
    "suspended_person": Explanation(
        _("A person whose account is not active has no access."), _("Make the account active again in admin.")
    ),
    "foreign_origin": Explanation(
        _("Web pages may call this server only from the origins in ALLOWED_ORIGINS."),
        _("If you trust the page, add its origin to ALLOWED_ORIGINS."),
    ),
    # --- Registration ------------------------------------------------------------------------------
    "invalid_redirect_uri": Explanation(
        _(
            "At least one redirect URI must use https, http on a loopback address, or a private scheme that contains a "
            "dot or is in PRIVATE_SCHEMES. Others are left out."
        ),
        _(
            "The developers of the app must change the address. If you trust the app, you can add its scheme to "
            "PRIVATE_SCHEMES."
        ),
    ),
    "invalid_client_metadata": Explanation(
        _("The metadata of a client must be valid and supported by this server."),
        _("Send the detail to the developers of the app."),
    ),
    "access_denied": Explanation(
        _("The person cancelled, or your settings refused it."),
        _("Connect again and approve, or check REGISTRATION and the blocked domains."),
    ),
    "document_refused": Explanation(
        _(
            "A metadata document must be reachable at its https address, name that address as client_id, and be "
            "supported by this server."
        ),
        _("Open the address: it must return JSON, on the public internet. Check also CLIENT_DOCUMENT_HOSTS."),
    ),
    "keys_refused": Explanation(
        _(
            "The keys of a client are fetched from its jwks_uri, on the public internet. A copy is used for up to a "
            "week."
        ),
        _("Open the address: it must return a JSON Web Key Set. The server tries again after a while."),
    ),
    "temporarily_unavailable": Explanation(
        _("A client’s document or keys could not be fetched, or too many fetches were under way."),
        _("Try again. If it happens often, check that this server reaches the client’s address."),
    ),
    "server_error": Explanation(
        _("The server could not answer a valid request. The detail says why."),
        _(
            "If the signing key cannot be read, add the former SECRET_KEY to SECRET_KEY_FALLBACKS, or run `manage.py "
            "rotate_signing_key --leaked`."
        ),
    ),
    "invalid_token": Explanation(
        _("To read or change a registration takes its registration access token."),
        _("Remove this server in the app and add it again."),
    ),
    # --- Sign-in and consent -----------------------------------------------------------------------
    "unknown_client": Explanation(
        _("A client must be registered here."),
        _(
            "The client was deleted, or registered with another database. Remove this server in the app and add it "
            "again."
        ),
    ),
    "client_awaits_review": Explanation(
        _(
            "A new client waits until the operator has approved it, with REGISTRATION=reviewed or if it looks like a "
            "suspended client: same name, and an address in common."
        ),
        _("Approve the client in admin, then connect again in the app."),
    ),
    "request_expired": Explanation(
        _("While a person signs in, a long request, or one for a new sign-in, waits in their browser for an hour."),
        _("Connect again in the app, and stay in the same browser."),
    ),
    "login_required": Explanation(
        _("With prompt=none the app asks for an answer without a page, which a person has to be signed in for."),
        _("Connect again in the app."),
    ),
    "consent_required": Explanation(
        _("With prompt=none the app asks for an answer without a page. It gets a code where a consent is remembered."),
        _("Connect again in the app, and approve."),
    ),
    "mismatching_redirect_uri": Explanation(
        _("The redirect URI must be exactly one that the client registered (any port on loopback)."),
        _(
            "If you did not start this connection, do not continue. Otherwise remove this server in the app and add it "
            "again. The event of the registration names redirect URIs that were left out."
        ),
    ),
    "pkce_required": Explanation(
        _("PKCE with S256 is required of every client (OAuth 2.1)."), _("Use a newer version of the app.")
    ),
    "unsupported_response_type": Explanation(
        _("Only response_type=code is supported."), _("Use a newer version of the app.")
    ),
    "invalid_target": Explanation(
        _(
            "Tokens are issued only for this server’s own address, and for the protected resources in admin that are "
            "active (RFC 8707). Each token is for one of them."
        ),
        _(
            "The app requested another address: enter exactly PUBLIC_URL with /mcp there, correct PUBLIC_URL, or add "
            "the other server to the protected resources."
        ),
    ),
    "introspection_refused": Explanation(
        _("Only a protected resource can ask about tokens, with its own client ID and secret."),
        _("Check the credentials of that server, or rotate its secret on its page in admin."),
    ),
    "resource_ended": Explanation(
        _("Tokens for a protected resource end when it is switched off or deleted."),
        _("Switch it on again in admin, then connect again in the app."),
    ),
    "exchange_refused": Explanation(
        _(
            "A protected resource exchanges an active token that it received, where the operator allows that (RFC "
            "8693)."
        ),
        _("The detail says what was wrong. Exchanges are allowed on the page of that protected resource in admin."),
    ),
    "exchange_ended": Explanation(
        _("What a protected resource got by an exchange ends when the operator changes or deletes that permission."),
        _("Nothing. The server can exchange again what it is still allowed to."),
    ),
    "wrong_credentials": Explanation(
        _("The username or the password was wrong."), _("Try again. The operator can set a new password.")
    ),
    "wrong_password": Explanation(
        _("To change a password takes the old one."),
        _("Nothing, unless it happens often: then somebody else may be using that browser."),
    ),
    "wrong_link": Explanation(
        _("A link from an email works once, for a few days."), _("Send the person a new one from their page in admin.")
    ),
    "too_many_attempts": Explanation(
        _("The LIMIT_SIGN_INS_… settings limit how often passwords, codes and links can be tried."),
        _("Wait. Many attempts from one address may be an attempt to guess a password."),
    ),
    "wrong_second_factor": Explanation(
        _("The code of the second factor was wrong."),
        _("Try again with a new code, or with a recovery code. The operator can delete a lost second factor in admin."),
    ),
    "unusable_answer": Explanation(
        _(
            "In the answer of the single sign-on provider, the names of claims and the claims that identify a person "
            "must be text that the database can store."
        ),
        _(
            "Check the server’s log and the person’s entry at the provider: an identifier with invisible characters "
            "may be an attempt to impersonate somebody else."
        ),
    ),
}

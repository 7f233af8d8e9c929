"""For each reason in the trail: the rule that refused, and what to do about it."""

from dataclasses import dataclass

from accounts.models import Event


@dataclass(frozen=True, slots=True)
class Explanation:
    rule: str
    remedy: str


_AGAIN = "Remove this server in the app and add it again."

EXPLANATIONS: dict[str, Explanation] = {
    # --- The first request -----------------------------------------------------------------------
    "missing_token": Explanation(
        "Every request needs an access token. A client that has none is told where to get one.",
        "Nothing, where the client goes on to read the metadata. A client that stops here does not know OAuth, "
        "or cannot reach the address in the challenge: look at PUBLIC_URL.",
    ),
    "malformed_token": Explanation(
        "The token comes in the header as “Authorization: Bearer <token>”, and nowhere else.",
        "Look at how the client, or a proxy on the way, writes that header.",
    ),
    "unknown_token": Explanation(
        "Only tokens that this server issued, and still has, are good.",
        "The token is of another server or another database, or was pruned. " + _AGAIN,
    ),
    "expired_token": Explanation(
        "An access token lives for ACCESS_TOKEN_EXPIRE_MINUTES.",
        "Nothing, where the client refreshes it. One that does not was not given, or lost, its refresh token: "
        + _AGAIN,
    ),
    "revoked_token": Explanation(
        "Access that was withdrawn, or whose time is over, is gone at once.",
        "If it should be let in again, connect again in the app.",
    ),
    "foreign_token": Explanation(
        "A token is for one resource: this server’s address, as PUBLIC_URL says it.",
        "PUBLIC_URL has changed since, or the app was given another address for the same server. " + _AGAIN,
    ),
    "suspended_client": Explanation(
        "A client that the operator suspended, or has not approved, is let in nowhere.",
        "Reinstate or approve the client in admin.",
    ),
    "suspended_person": Explanation(
        "A person whose account is not active is let in nowhere.", "Make the account active again in admin."
    ),
    "foreign_origin": Explanation(
        "Web pages may call this server only from the origins in ALLOWED_ORIGINS.",
        "Add the page’s origin to ALLOWED_ORIGINS, if you trust it.",
    ),
    # --- Registration ------------------------------------------------------------------------------
    "invalid_redirect_uri": Explanation(
        "A redirect URI is https, http on a loopback address, or an app’s own scheme with a dot or in PRIVATE_SCHEMES.",
        "The app’s makers must change the address; or add its scheme to PRIVATE_SCHEMES, if you trust the app.",
    ),
    "invalid_client_metadata": Explanation(
        "A client says of itself only what this server can offer.", "Tell the app’s makers what the detail says."
    ),
    "access_denied": Explanation(
        "Somebody said no: the person, or the operator by REGISTRATION or a blocked domain.",
        "If it was not meant so, connect again and approve; or look at REGISTRATION and the blocked domains.",
    ),
    "document_refused": Explanation(
        "A metadata document is fetched from its https address, says that very address, and offers what we do.",
        "Open the address yourself: it must answer with JSON, from the public internet. See CLIENT_DOCUMENT_HOSTS.",
    ),
    "keys_refused": Explanation(
        "The keys of a client are fetched from its jwks_uri, on the public internet; a copy serves for a week.",
        "Open the address yourself: it must answer with a JSON Web Key Set. It is asked again after a while.",
    ),
    "temporarily_unavailable": Explanation(
        "A client’s document or keys are fetched when they are needed, a few at a time.",
        "Try again. Where it happens often, look at whether this server reaches the client’s address.",
    ),
    "invalid_token": Explanation("A registration is read and changed with its own registration access token.", _AGAIN),
    # --- Sign-in and consent -----------------------------------------------------------------------
    "unknown_client": Explanation(
        "Only a client that is registered here, and not suspended, may send people.",
        "It was removed, suspended, or registered with another database. " + _AGAIN,
    ),
    "client_awaits_review": Explanation(
        "With REGISTRATION=reviewed, a new client waits until the operator has approved it.",
        "Approve the client in admin, then connect again in the app.",
    ),
    "mismatching_redirect_uri": Explanation(
        "People are sent back only to an address that the client registered, to the letter (any port on loopback).",
        "Do not go on if nobody started this. Otherwise: " + _AGAIN,
    ),
    "pkce_required": Explanation(
        "PKCE with S256 is required of every client (OAuth 2.1).", "Use a newer version of the app."
    ),
    "unsupported_response_type": Explanation("Only response_type=code is offered.", "Use a newer version of the app."),
    "invalid_target": Explanation(
        "Tokens are issued for this server’s own address alone (RFC 8707).",
        "The app asks for another address: give it exactly PUBLIC_URL with /mcp, or correct PUBLIC_URL.",
    ),
    "wrong_credentials": Explanation(
        "A person signs in with their own name and password.", "Try again; the operator can set a new password."
    ),
    "wrong_password": Explanation(
        "Whoever changes their password enters the old one first.",
        "Nothing, unless it goes on: then somebody else may sit at that browser.",
    ),
    "wrong_link": Explanation(
        "A link from a mail is good once, and for a few days.", "Send the person a new one from their page in admin."
    ),
    "too_many_attempts": Explanation(
        "Passwords, codes and links can be tried a few times, as LIMIT_SIGN_INS_… say.",
        "Wait, and look at the attempts before: many from one address may be somebody who guesses.",
    ),
    "wrong_second_factor": Explanation(
        "Whoever set up a second factor signs in with it each time.",
        "Try again with a fresh code, or a recovery code; the operator can take a lost second factor away in admin.",
    ),
    "unusable_answer": Explanation(
        "Claims of the single sign-on provider count as it wrote them: those that say who somebody is, and the names "
        "of all, must be text that the database can store.",
        "Look at the server’s log and at the person’s entry at the provider: an identifier with invisible characters "
        "may be an attempt to pass for somebody else.",
    ),
    # --- Tokens -------------------------------------------------------------------------------------
    "invalid_client": Explanation(
        "A client proves itself by the method that it registered: with its secret, with its key, or not at all.",
        "Its secret was rotated, or it uses another method than it registered. " + _AGAIN,
    ),
    "invalid_grant": Explanation(
        "A code is good once, for a minute; a refresh token once, until it expires; both for their own client alone.",
        "Connect again in the app. Where it happens often, two copies of it share one login, or answers get lost.",
    ),
    "unsupported_grant_type": Explanation(
        "Tokens are given for a code or a refresh token alone: they always speak for a person.",
        "Set the app up for signing in as a person, not for client credentials or a password.",
    ),
    "unauthorized_client": Explanation(
        "A client uses only the grants that it registered.", "Let it register again, with what it uses."
    ),
    "invalid_request": Explanation(
        "A parameter is missing, comes twice, or cannot be read.", "Tell the app’s makers what the detail says."
    ),
    # --- Calls --------------------------------------------------------------------------------------
    "insufficient_scope": Explanation(
        "The token does not hold all the scopes that the tool needs.",
        "Most clients ask the person for more at once. Otherwise connect again, and leave the scope ticked.",
    ),
    "too_many_calls": Explanation(
        "The tool’s policy limits the calls of each person in a minute.", "Wait a little, or raise the limit in admin."
    ),
    "-32601": Explanation("The client asked for a method that this server does not have.", "Nothing, as a rule."),
    "-32602": Explanation(
        "The tool is not there for this person and client, or its arguments do not fit.",
        "See its policy, the person’s groups and permissions, and what the detail says.",
    ),
}
UNKNOWN = Explanation("The detail says why it was refused.", "Tell the app’s makers what the detail says.")


def rule_of(reason: str) -> str:
    """The rule behind `reason`, or nothing where none is known."""
    return EXPLANATIONS[reason].rule if reason in EXPLANATIONS else ""


def explain(event: Event) -> Explanation | None:
    """None for what was not refused."""
    return None if event.outcome == Event.Outcome.OK else EXPLANATIONS.get(event.reason, UNKNOWN)

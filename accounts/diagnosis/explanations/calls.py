"""Explanations of the reasons for which tokens and calls are refused, or fail."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    # --- Tokens -------------------------------------------------------------------------------------
    "invalid_client": Explanation(
        _("A client authenticates by the method that it registered: its secret, its key, or none."),
        _(
            "Its secret was rotated, or it uses another method than it registered. Enter the newest secret in the app; "
            "an operator can make one on its page. If the app registered itself: remove this server there and add it "
            "again."
        ),
    ),
    "invalid_grant": Explanation(
        _("A code is valid once, for minutes; a refresh token once, until it expires; both only for their own client."),
        _("Connect again in the app. If it happens often, two copies of the app share one login, or replies get lost."),
    ),
    "invalid_dpop_proof": Explanation(
        _(
            "A DPoP proof (RFC 9449) is a JWT for one request: with its method and address, and used once. An "
            "operator, or the metadata of the app, can require one."
        ),
        _(
            "Check that PUBLIC_URL is the address that the app uses. Otherwise send the detail to the developers of "
            "the app."
        ),
    ),
    "use_dpop_nonce": Explanation(
        _(
            "A DPoP proof must contain a recent nonce of this server, with DPOP_NONCE_REQUIRED or where the app’s "
            "clock is wrong."
        ),
        _("Nothing, if the app then sends another proof. Otherwise set its clock, or use a newer version of the app."),
    ),
    "unsupported_grant_type": Explanation(
        _("Tokens are issued only by the grant types in this server’s metadata. A password is none of them."),
        _("Configure the app to sign in as a person in the browser, or give it service access."),
    ),
    "invalid_request": Explanation(
        _("A parameter is missing, repeated or malformed."), _("Send the detail to the developers of the app.")
    ),
    # --- Calls --------------------------------------------------------------------------------------
    "insufficient_scope": Explanation(
        _("The token lacks a scope that the tool requires."),
        _("Most clients then ask the person for it. Otherwise connect again, and leave the scope ticked."),
    ),
    "too_many_calls": Explanation(
        _("The tool’s policy limits the calls per minute of each person."),
        _("Wait a minute, or raise the limit in admin."),
    ),
    "-32601": Explanation(_("The client called a method that this server does not have."), _("Usually nothing.")),
    "-32602": Explanation(
        _("The tool is not available to this person and client, or its arguments are invalid."),
        _("Check the detail, the tool’s policy, and the person’s groups and permissions."),
    ),
    "defect": Explanation(
        _("The code of the tool raised an exception. The model was told only the reference in the detail."),
        _("Search the server’s log for the reference: the exception stands beside it. Then correct the tool."),
    ),
    "tool_error": Explanation(
        _("The tool refused the call, and told the model why."), _("Usually nothing: the model can correct its call.")
    ),
    "invalid_arguments": Explanation(
        _("The arguments did not fit the tool’s schema, and the tool did not run. The detail names the arguments."),
        _("Usually nothing: the model was told. If it happens often, describe the parameters better."),
    ),
    "timeout": Explanation(
        _("The call took longer than the tool’s time limit, and its writes were rolled back."),
        _("Make the tool quicker, or raise its timeout= or CALL_TIMEOUT_SECONDS."),
    ),
    "server_stopped": Explanation(
        _("The server was reloaded or stopped, and the call did not end in the time that was left."),
        _("The client can call again. For longer calls, raise gunicorn’s --graceful-timeout."),
    ),
    "cancelled": Explanation(
        _("The client cancelled the call or disconnected, or its access ended."), _("Usually nothing.")
    ),
}

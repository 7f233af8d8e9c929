"""Explanations of attempts that stopped, or whose token is not used yet: why nothing followed the last step."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation

# By the name of the step (accounts/diagnosis/attempt.py).
STOPPED: dict[str, Explanation] = {
    "challenge": Explanation(
        _("The client was sent to the metadata, and did not request it."),
        _("It may not support OAuth, or cannot reach this server at PUBLIC_URL."),
    ),
    "metadata": Explanation(
        _("The client read the metadata of this server, and then stopped."),
        _(
            "Nothing, if the app works: one that is connected may read it again. If it does not, it may support "
            "neither registration nor metadata documents: add the client by hand in admin. Check also that "
            "REGISTRATION is not closed."
        ),
    ),
    "registration": Explanation(
        _("The client registered, and nobody has opened its sign-in page yet."),
        _(
            "Nothing, if the person connects later. If they tried, the app could not open a browser, or they closed "
            "it: start again from the app."
        ),
    ),
    "request": Explanation(
        _("The person opened the authorization page, but did not approve or cancel."),
        _("They may have closed the page, or could not sign in. Start again from the app."),
    ),
    "sign-in": Explanation(_("The person signed in, but did not approve or cancel."), _("Start again from the app.")),
    "consent": Explanation(
        _("The person approved, but the client did not request its token."),
        _(
            "The browser may not have reached the app after the approval: check that the app is still running, on the "
            "same machine. If it is a web app, check that no firewall keeps its servers from this one."
        ),
    ),
    "token": Explanation(
        _("The client has its token, but has made no call yet."),
        _("Use the app: it may call only on demand. If it fails, it cannot reach /mcp."),
    ),
}

"""Explanations about service people, and about the grants that the operator gives to clients."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "unauthorized_client": Explanation(
        _("A client may use only the grant types that it registered, or that the operator chose for it."),
        _(
            "For client_credentials, open the client in admin, and give it service access, or make its person active "
            "again. For assertions, add it to the clients of a trusted issuer, and check that this issuer is switched "
            "on. Otherwise register it again, with the grant types it uses."
        ),
    ),
    "invalid_scope": Explanation(
        _("A client that acts as a service person gets only scopes that its service access allows."),
        _("Configure the app to request fewer, or allow more on the page of its service access."),
    ),
    "service_person": Explanation(
        _("A service person is a machine. It cannot sign in, by whatever means."),
        _("Nothing, unless you did not expect it: then somebody holds a passkey or an account that was added to it."),
    ),
    "forbidden_toolset": Explanation(
        _("A toolset can be for people in some groups alone."),
        _("Add the person to one of the groups on the toolset’s page in admin, then connect again in the app."),
    ),
    "service_access_changed": Explanation(
        _("A change of a client’s service access ends the tokens that were issued before it."),
        _("Nothing: the client requests another token."),
    ),
}

"""Explanations of the reasons for which assertions of trusted issuers are refused, and their tokens end."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation

EXPLANATIONS = {
    "untrusted_issuer": Explanation(
        _("Assertions are accepted only of the trusted issuers in admin, for people (ID-JAG) or for workloads."),
        _("If you trust this issuer, add it in admin exactly as the detail names it, for this use, or switch it on."),
    ),
    "invalid_assertion": Explanation(
        _("An assertion is a JWT for this server alone, signed by a key of its issuer, and valid for a short time."),
        _(
            "Paste the assertion into “Check an assertion” on the issuer’s page in admin: it shows the step that "
            "fails. Often the aud is not PUBLIC_URL, a clock is wrong, or the issuer’s keys changed."
        ),
    ),
    "used_assertion": Explanation(
        _("Each assertion is accepted once, unless the issuer’s page in admin says otherwise."),
        _("The client must request a new assertion for each token. For Kubernetes, switch off “each assertion once”."),
    ),
    "issuer_client": Explanation(
        _(
            "An assertion is accepted from the clients that the issuer’s page in admin lists. An ID-JAG names its "
            "client."
        ),
        _("Add the client on the issuer’s page, or enter its client ID at the identity provider."),
    ),
    "unknown_subject": Explanation(
        _("The subject of an ID-JAG must be a person here, as the issuer’s page in admin says."),
        _(
            "Paste the assertion into “Check an assertion” on the issuer’s page in admin: it shows the step that "
            "fails. List the subject there, or let the issuer add people."
        ),
    ),
    "too_many_people": Explanation(
        _("An issuer makes people of at most as many subjects as its page in admin says."),
        _("Raise “most people” on its page, or list the subject there."),
    ),
    "unmatched_workload": Explanation(
        _("A workload must have the claims of one of the issuer’s rules."),
        _(
            "Paste the assertion into “Check an assertion” on the issuer’s page in admin: it shows the step that "
            "fails. Then add a rule, or correct one."
        ),
    ),
    "issuer_keys_refused": Explanation(
        _(
            "The keys of an issuer are fetched from its JWKS URI, on the public internet. A copy is used for up to a "
            "week."
        ),
        _("Open the address: it must return a JSON Web Key Set. For an issuer in your own network, paste its keys."),
    ),
    "issuer_changed": Explanation(
        _("When an operator changes a trusted issuer, its clients, subjects or rules, its tokens end."),
        _("Nothing: clients get new tokens with their next assertion, if they still may."),
    ),
    "issuer_ended": Explanation(
        _("Tokens of a trusted issuer end when it is switched off or deleted."), _("Switch it on again in admin.")
    ),
}

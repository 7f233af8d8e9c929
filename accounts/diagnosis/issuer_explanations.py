"""Explanations of the reasons for which assertions of trusted issuers are refused, and their tokens end."""

from accounts.diagnosis.explanation import Explanation

_PAGE = "Paste the assertion into “Check an assertion” on the issuer’s page in admin: it shows the step that fails. "
EXPLANATIONS = {
    "untrusted_issuer": Explanation(
        "Assertions are accepted only of the trusted issuers in admin, for people (ID-JAG) or for workloads.",
        "If you trust this issuer, add it in admin exactly as the detail names it, for this use, or switch it on.",
    ),
    "invalid_assertion": Explanation(
        "An assertion is a JWT for this server alone, signed by a key of its issuer, and valid for a short time.",
        _PAGE + "Often the aud is not PUBLIC_URL, a clock is wrong, or the issuer’s keys changed.",
    ),
    "used_assertion": Explanation(
        "Each assertion is accepted once, unless the issuer’s page in admin says otherwise.",
        "The client must request a new assertion for each token. For Kubernetes, switch off “each assertion once”.",
    ),
    "issuer_client": Explanation(
        "An assertion is accepted from the clients that the issuer’s page in admin lists. An ID-JAG names its client.",
        "Add the client on the issuer’s page, or enter its client ID at the identity provider.",
    ),
    "unknown_subject": Explanation(
        "The subject of an ID-JAG must be a person here, as the issuer’s page in admin says.",
        _PAGE + "List the subject there, or let the issuer add people.",
    ),
    "too_many_people": Explanation(
        "An issuer makes people of at most as many subjects as its page in admin says.",
        "Raise “most people” on its page, or list the subject there.",
    ),
    "unmatched_workload": Explanation(
        "A workload must have the claims of one of the issuer’s rules.",
        _PAGE + "Then add a rule, or correct one.",
    ),
    "issuer_keys_refused": Explanation(
        "The keys of an issuer are fetched from its JWKS URI, on the public internet. A copy is used for up to a week.",
        "Open the address: it must return a JSON Web Key Set. For an issuer in your own network, paste its keys.",
    ),
    "issuer_changed": Explanation(
        "When an operator changes a trusted issuer, its clients, subjects or rules, its tokens end.",
        "Nothing: clients get new tokens with their next assertion, if they still may.",
    ),
    "issuer_ended": Explanation(
        "Tokens of a trusted issuer end when it is switched off or deleted.", "Switch it on again in admin."
    ),
}

"""Explanations about service people, and about clients that act as them."""

from accounts.diagnosis.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "invalid_scope": Explanation(
        "A client that acts as a service person gets only scopes that its service access allows.",
        "Configure the app to request fewer, or allow more on the page of its service access.",
    ),
    "service_person": Explanation(
        "A service person is a machine. It cannot sign in, by whatever means.",
        "Nothing, unless you did not expect it: then somebody holds a passkey or an account that was added to it.",
    ),
    "service_access_changed": Explanation(
        "A change of a client’s service access ends the tokens that were issued before it.",
        "Nothing: the client requests another token.",
    ),
}

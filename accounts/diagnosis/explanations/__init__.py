"""Explanations of the reasons in the audit log: the rule that refused a request, and what to do."""

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis import devices
from accounts.diagnosis.explanation import Explanation
from accounts.diagnosis.explanations import calls, connections, issuers, services
from accounts.models import Event

EXPLANATIONS: dict[str, Explanation] = {
    **connections.EXPLANATIONS,
    **calls.EXPLANATIONS,
    **devices.EXPLANATIONS,
    **services.EXPLANATIONS,
    **issuers.EXPLANATIONS,
}
UNKNOWN = Explanation(_("The detail names the reason."), _("Send the detail to the developers of the app."))


def rule_of(reason: str) -> str:
    """Return the rule behind `reason`, or an empty text for an unknown reason."""
    return str(EXPLANATIONS[reason].rule) if reason in EXPLANATIONS else ""


def explain(event: Event) -> Explanation | None:
    """Return the explanation of `event`; None if its outcome is ok."""
    return None if event.outcome == Event.Outcome.OK else EXPLANATIONS.get(event.reason, UNKNOWN)

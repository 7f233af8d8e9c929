"""Explanations for devices that connect by a code (RFC 8628)."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.explanation import Explanation
from accounts.models import Event
from accounts.models.device_codes import ENTERED, ISSUED

# By the reason of a refusal.
EXPLANATIONS: dict[str, Explanation] = {
    "unknown_user_code": Explanation(
        _("The code that the person typed is on no device at the moment. A code is valid once, for 10 minutes."),
        _("Compare it with the device, or start again there. Somebody who got it from another person should stop."),
    ),
    "too_many_user_codes": Explanation(
        _("LIMIT_DEVICE_ENTRIES_PERSON and …_ADDRESS limit how often a person can type a wrong code."),
        _("Wait. Many attempts may be an attempt to guess the code of somebody else’s device."),
    ),
    "expired_device_code": Explanation(
        _("The code of a device is valid for 10 minutes, and nobody approved it in that time."),
        _("Start again on the device, then type the new code on the page /device."),
    ),
}
# Why nothing followed, by the action of the last event.
STOPPED: dict[str, Explanation] = {
    ISSUED: Explanation(
        _("The device showed its code, and nobody has typed it yet."),
        _(
            "Start again on the device. Then open the page /device of this server on another one, sign in, and type "
            "the code within 10 minutes."
        ),
    ),
    ENTERED: Explanation(
        _("The person typed the code of the device, but did not approve or cancel."),
        _("Start again on the device, and approve on the page that follows the code."),
    ),
    "approved": Explanation(
        _("The person approved, but the device did not request its token."),
        _("The program on the device may have stopped, or cannot reach this server: start again there."),
    ),
}


def stopped(events: Sequence[Event]) -> Explanation | None:
    """Return why nothing followed `events`, those of one attempt; None where it is not a device's."""
    is_of_device = any(event.action == ISSUED for event in events)
    return STOPPED.get(events[-1].action) if is_of_device else None

"""Words of the steps and states of attempts for people; the code compares keys (accounts/diagnosis/attempt.py)."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

STEPS = {
    "challenge": _("challenge"),
    "metadata": _("metadata"),
    "registration": _("registration"),
    "sign-in": _("sign-in"),
    "request": _("request"),
    "consent": _("consent"),
    "token": _("token"),
    "first call": _("first call"),
}
STATES = {
    "connected": _("connected"),
    "refused": _("refused"),
    "stopped": _("stopped"),
    "cancelled": _("cancelled"),
    "under way": _("under way"),
    "not used yet": _("not used yet"),
}


def step_label(name: str) -> str:
    return str(STEPS[name])


def state_label(state: str) -> str:
    return str(STATES[state])


def failure_label(state: str, step: str) -> str:
    """Return at which step an attempt failed: "refused at token"."""
    # Translators: an attempt to connect "refused at token": in which step the server refused it.
    refused = gettext("refused at %(step)s")
    # Translators: an attempt to connect "stopped at consent": after which step nothing followed.
    stopped = gettext("stopped at %(step)s")
    return (refused if state == "refused" else stopped) % {"step": step_label(step)}

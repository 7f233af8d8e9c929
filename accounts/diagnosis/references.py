"""References to exceptions in the server's log: told to the model, and kept in the event of the failed call."""

import re

from django.db.models import Q

from accounts.models import Event

REFERENCE = re.compile(r"[0-9a-f]{8}")


def reference_detail(reference: str) -> str:
    """Return the detail of the event whose exception is logged under `reference`."""
    return f"Reference {reference} in the server's log."


def with_reference(term: str) -> Q | None:
    """Return the condition of events with the reference `term`; None if that is not the form of one.

    The condition on the outcome is that of a partial index.
    """
    if not REFERENCE.fullmatch(term):
        return None
    return ~Q(outcome=Event.Outcome.OK) & Q(kind=Event.Kind.MCP, reason="defect", detail=reference_detail(term))

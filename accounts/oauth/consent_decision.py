"""The person's decision on a consent page, from its form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.oauth import consent_lifetimes


class Undecided(Exception):
    """A form that decides nothing, with a sentence for the page that is shown again."""


class Declined(Exception):
    """The person cancelled."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The scopes that the person left checked, with those that the page does not show, and the end of the access."""

    scope: list[str]
    ends_at: datetime | None

    @classmethod
    def read(cls, form: QueryDict, requested: Sequence[str]) -> Self:
        """Return what is granted of the `requested` scopes. Raises Declined and Undecided."""
        match form.get("decision"):
            case "approve":
                return cls(_ticked(form, requested), _end(form))
            case "cancel":
                raise Declined
            case _:
                raise Undecided(_("Please choose Approve or Cancel."))


def _ticked(form: QueryDict, requested: Sequence[str]) -> list[str]:
    chosen = form.getlist("scope")
    ticked = [name for name in scopes.of_resource(list(requested)) if name in chosen]
    if not ticked:
        raise Undecided(_("Select at least one permission, or cancel."))
    return [name for name in requested if name in ticked or scopes.is_of_server(name)]


def _end(form: QueryDict) -> datetime | None:
    lifetime = consent_lifetimes.chosen(form.get("lifetime"))
    if lifetime is None:
        raise Undecided(_("Please choose for how long."))
    return lifetime.ends_at()

"""Items that are added to, and removed from, the lists of a form, without a script: by its buttons.

A list that is named `argument-lines` sends the key of each of its items under that name, and the fields of the item 0
under names that begin with `argument-lines.0`. An optional object is a list of one item at most.
"""

from dataclasses import dataclass

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict

# The name of the buttons.
BUTTON = "edit"
MOST_ITEMS = 100
KEYS = {str(number): number for number in range(MOST_ITEMS)}


@dataclass(frozen=True)
class Edit:
    """The entered data with one item more or less; `added` is the prefix of the item, or `removed_from` a list."""

    data: QueryDict
    added: str = ""
    removed_from: str = ""


def edited(data: QueryDict) -> Edit | None:
    """Return the edit that a button asked for; None if none did. Raises SuspiciousOperation for an unknown one."""
    if BUTTON not in data:
        return None
    action, _, place = str(data[BUTTON]).partition(" ")
    changed = data.copy()
    if action == "add":
        keys = keys_of(changed, place)
        unused = [key for key in KEYS if key not in keys][:1]
        changed.setlist(place, [*keys, *unused])
        return Edit(changed, added=prefix_of(place, *unused) if unused else "")
    if action == "remove":
        place, _, removed = place.rpartition(".")
        changed.setlist(place, [key for key in keys_of(changed, place) if key != removed])
        return Edit(changed, removed_from=place)
    raise SuspiciousOperation("This button was not issued by this server.")


def keys_of(data: QueryDict, place: str) -> list[str]:
    """The keys of the list's items, in order: each only once, so that few parameters cannot stand for many forms."""
    return [key for key in dict.fromkeys(data.getlist(place)) if key in KEYS]


def prefix_of(place: str, key: str) -> str:
    return f"{place}.{key}"

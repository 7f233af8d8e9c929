"""Lifetimes of a consent, which the person chooses when they approve a client. A refresh does not extend them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.conf import conf


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A choice on the consent page. `key` is the form's value; `duration` is None for one that does not expire."""

    key: str
    label: str
    duration: timedelta | None

    def ends_at(self) -> datetime | None:
        return timezone.now() + self.duration if self.duration is not None else None


def choices() -> list[Lifetime]:
    """Return the choices, the shortest first."""
    days = conf.REFRESH_TOKEN_EXPIRE_DAYS
    until_disconnected = ngettext(
        "Until you disconnect it (ends after %(days)d day without use)",
        "Until you disconnect it (ends after %(days)d days without use)",
        days,
    )
    # Translators: These complete "It will have this access" on the consent page.
    return [
        Lifetime("hours", _("For 8 hours"), timedelta(hours=8)),
        Lifetime("month", _("For 30 days"), timedelta(days=30)),
        Lifetime("open", until_disconnected % {"days": days}, None),
    ]


def chosen(key: str | None) -> Lifetime | None:
    """Return the choice with that key, or None."""
    return next((lifetime for lifetime in choices() if lifetime.key == key), None)

"""For how long somebody lets a client in: chosen when they approve it, and not extended by any refresh."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.conf import conf


@dataclass(frozen=True, slots=True)
class Lifetime:
    """`key` is what the form sends; `lasts` is None for one that ends only when somebody ends it."""

    key: str
    label: str
    lasts: timedelta | None

    def ends_at(self) -> datetime | None:
        return timezone.now() + self.lasts if self.lasts is not None else None


def choices() -> list[Lifetime]:
    """The shortest first."""
    unused = f"{conf.REFRESH_TOKEN_EXPIRE_DAYS} days"
    return [
        Lifetime("hours", "For 8 hours", timedelta(hours=8)),
        Lifetime("month", "For 30 days", timedelta(days=30)),
        Lifetime("open", f"Until you disconnect it, or do not use it for {unused}", None),
    ]


def chosen(key: str | None) -> Lifetime | None:
    """None for what is no choice."""
    return next((lifetime for lifetime in choices() if lifetime.key == key), None)

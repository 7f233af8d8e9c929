"""Suspensions of clients, from the audit log: by whom and when, as the explanation of what was refused since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.diagnosis.attempt import Attempt
from accounts.diagnosis.explanations import Explanation, explain
from accounts.models import Client, Event

# The act is recorded beside the suspension: of many clients, a little before or after it.
BESIDE = timedelta(minutes=1)
REMEDY = _(
    "Nothing, if that is still meant. To give it access again, choose Reinstate on its page in admin. Where its access "
    "was revoked as well, each person must then connect it again."
)


@dataclass(frozen=True, slots=True)
class Stop:
    """The suspension of a client. `by` is the operator's username; "" where the audit log does not say."""

    at: datetime
    by: str

    @property
    def rule(self) -> str:
        at = timezone.localtime(self.at)
        when = {"date": date_format(at, "SHORT_DATE_FORMAT"), "time": date_format(at, "TIME_FORMAT")}
        if not self.by:
            return gettext("Access of this app was stopped on %(date)s at %(time)s.") % when
        text = gettext("Access of this app was stopped by %(operator)s on %(date)s at %(time)s.")
        return text % {"operator": self.by, **when}

    @property
    def remedy(self) -> str:
        return str(REMEDY)

    def explain(self, at: datetime, before: Explanation | None) -> Explanation:
        """Return why something failed `at` a time, with `before` for a time before the stop.

        Advice to connect again helps nobody while the app is stopped.
        """
        return Explanation(before.rule if before is not None and at < self.at else self.rule, self.remedy)


def stops_of(client_ids: Iterable[str]) -> dict[str, Stop]:
    """Return the stops of those of the clients that are suspended, by `client_id`. Takes two queries."""
    suspended = Client.objects.filter(client_id__in={each for each in client_ids if each}, suspended_at__isnull=False)
    times = {row.client_id: row.suspended_at for row in suspended.only("client_id", "suspended_at") if row.suspended_at}
    acts = _acts_beside(times)
    return {client_id: Stop(at, _operator(acts, client_id, at)) for client_id, at in times.items()}


def explain_stopped(attempts: Iterable[Attempt]) -> None:
    """Set the explanation of those of `attempts` whose client is suspended."""
    listed = list(attempts)
    stops = stops_of(attempt.client_id for attempt in listed)
    for attempt in listed:
        if (stop := stops.get(attempt.client_id)) is not None:
            attempt.instead = stop.explain(attempt.last.event.at, attempt.explanation)


def explain_event(event: Event, stops: dict[str, Stop]) -> Explanation | None:
    """Return the explanation of `event`, whose client may be one of `stops`."""
    why, stop = explain(event), stops.get(event.client_id)
    return stop.explain(event.at, why) if stop is not None and why is not None else why


def _acts_beside(times: dict[str, datetime]) -> list[Event]:
    near = Q(pk__in=[])
    for client_id, at in times.items():
        near |= Q(client_id=client_id, at__gte=at - BESIDE, at__lte=at + BESIDE)
    return list(Event.objects.filter(near, kind=Event.Kind.ADMIN, action="changed client").order_by("pk"))


def _operator(acts: Iterable[Event], client_id: str, at: datetime) -> str:
    """Return who suspended the client: the operator of the act that is nearest to the suspension."""
    own = [act for act in acts if act.client_id == client_id]
    return min(own, key=lambda act: abs(act.at - at)).username if own else ""

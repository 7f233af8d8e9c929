"""Summary of the access that an operator is about to end: for each app or person, with numbers of people and tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Model, QuerySet
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import ngettext, ngettext_lazy

from accounts.clients.destinations import label_of
from accounts.clients.identity.apps import App, identify_all
from accounts.conf import conf
from accounts.languages.sentences import listed
from accounts.models import AccessToken, Authorization, AuthorizationQuerySet, Client, RefreshToken
from accounts.numbers import count
from accounts.user_model import User

NOUNS: dict[str, Any] = {
    "app": ngettext_lazy("%(number)s app", "%(number)s apps", "n"),
    "person": ngettext_lazy("%(number)s person", "%(number)s people", "n"),
    "token": ngettext_lazy("%(number)s token", "%(number)s tokens", "n"),
}
# How many apps or people a page and a message name, and how many others a page names for each; further are counted.
MOST_NAMED = 20
MOST_IN_MESSAGE = 5
MOST_OTHERS = 5
LONGEST_LABEL = 60
# As many authorizations are read for the names, however many are selected.
MOST_READ = 1000


@dataclass(frozen=True, slots=True)
class Grouping:
    """The rows that a summary has lines for, with the paths to them from an authorization and from a token."""

    model: type[Model]
    noun: str
    path: str
    token_path: str


APP = Grouping(Client, "app", "consent__client", "application")
PERSON = Grouping(User, "person", "consent__user", "user")


@dataclass(frozen=True, slots=True)
class Line:
    """The access of one app, with its people as `others`, or of one person, with their apps. `names` are some of these.

    `tokens` counts access tokens that have not expired, and refresh tokens.
    """

    label: str
    noun: str
    others: int
    tokens: int
    names: Sequence[str] = ()
    # The app, for its chip on the page.
    app: App | None = None

    @property
    def counts(self) -> str:
        return listed((counted(self.others, self.noun), counted(self.tokens, "token")))

    @property
    def more(self) -> int:
        return self.others - len(self.names)


@dataclass(frozen=True, slots=True)
class Summary:
    """The `lines` with the most others first. `rows`, `others` and `tokens` are totals, also of what has no line."""

    grouping: Grouping
    lines: Sequence[Line]
    rows: int
    total: Line

    @property
    def more(self) -> int:
        return self.rows - len(self.lines)

    @property
    def title(self) -> str:
        """The name of the only app or person, or their number."""
        return self.lines[0].label if self.rows == 1 else counted(self.rows, self.grouping.noun)

    @property
    def sentence(self) -> str:
        """Names and numbers for a message: "Claude at claude.ai (5 people, 12 tokens) and 3 more apps"."""
        named = listed(f"{line.label} ({line.counts})" for line in self.lines[:MOST_IN_MESSAGE])
        more = self.rows - len(self.lines[:MOST_IN_MESSAGE])
        if not more:
            return named
        text = ngettext(
            "%(names)s and %(n)s more (%(counts)s in all)", "%(names)s and %(n)s more (%(counts)s in all)", more
        )
        return text % {"names": named, "n": more, "counts": self.total.counts}


def counted(number: int, noun: str) -> str:
    """Return `number` with `noun`, a key of NOUNS, in the language of the reader."""
    return str(NOUNS[noun] % {"n": number, "number": count(number)})


def summarize(authorizations: AuthorizationQuerySet, grouping: Grouping, rows: QuerySet[Any] | None = None) -> Summary:
    """Return the summary of the live ones of `authorizations`. All of `rows` are in it, even those without any.

    The number of queries is bounded, and each returns few rows.
    """
    live, other = authorizations.live().order_by(), PERSON if grouping is APP else APP
    others = dict(
        live.values_list(grouping.path)
        .annotate(others=Count(other.path, distinct=True))
        .order_by("-others", grouping.path)[:MOST_NAMED]
    )
    shown = list(others)
    if rows is not None:
        shown += rows.order_by("pk").exclude(pk__in=shown).values_list("pk", flat=True)[: MOST_NAMED - len(shown)]
    tokens, names = _tokens_by(grouping, live, shown), _names_by(grouping, live, other)
    found: dict[Any, Any] = grouping.model._default_manager.in_bulk(shown)
    apps = identify_all(found.values()) if grouping is APP else {}
    lines = [
        Line(
            label(row),
            other.noun,
            others.get(pk, 0),
            tokens.get(pk, 0),
            names.get(pk, []),
            apps.get(row.client_id) if isinstance(row, Client) else None,
        )
        for pk in shown
        if (row := found.get(pk))
    ]
    totals = live.aggregate(rows=Count(grouping.path, distinct=True), others=Count(other.path, distinct=True))
    total = Line("", other.noun, totals["others"], sum(issued.count() for issued in _live_tokens(live)))
    return Summary(grouping, lines, totals["rows"] if rows is None else rows.count(), total)


def label(row: Client | User) -> str:
    text = label_of(row) if isinstance(row, Client) else row.get_username()
    return Truncator(text).chars(LONGEST_LABEL)


def _live_tokens(live: AuthorizationQuerySet) -> tuple[QuerySet[Any], QuerySet[Any]]:
    now = timezone.now()
    oldest = now - timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS)
    return (
        AccessToken.objects.filter(authorization__in=live.values("pk"), expires__gt=now),
        RefreshToken.objects.filter(authorization__in=live.values("pk"), revoked=None, created__gt=oldest),
    )


def _tokens_by(grouping: Grouping, live: AuthorizationQuerySet, pks: Sequence[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for issued in _live_tokens(live):
        chosen = issued.filter(**{f"{grouping.token_path}__in": pks}).order_by()
        for pk, number in chosen.values_list(grouping.token_path).annotate(Count("pk")):
            counts[pk] = counts.get(pk, 0) + number
    return counts


def _names_by(grouping: Grouping, live: AuthorizationQuerySet, other: Grouping) -> dict[Any, list[str]]:
    """Return names of the others, by the primary key of their row: those of the oldest MOST_READ authorizations.

    Without a condition on the row, with which SQLite would search the whole selection again for each authorization.
    """
    pairs = live.order_by("pk").values_list(grouping.path, other.path)[:MOST_READ]
    others: dict[Any, dict[Any, None]] = {}
    for pk, other_pk in pairs:
        found = others.setdefault(pk, {})
        if len(found) < MOST_OTHERS:
            found[other_pk] = None
    named: Any = other.model._default_manager.in_bulk([key for found in others.values() for key in found])
    return {pk: [label(named[key]) for key in found if key in named] for pk, found in others.items()}


def live_authorizations_of(rows: QuerySet[Any], grouping: Grouping) -> AuthorizationQuerySet:
    """Return the live authorizations of the apps or people in `rows`."""
    return Authorization.objects.live().filter(**{f"{grouping.path}__in": rows.order_by().values("pk")})

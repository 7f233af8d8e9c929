"""Tokens that clients get without a person in a browser, and that complete an attempt.

A connected client reads the metadata again and then refreshes its token: without the refresh, it would look like an
attempt that stopped. A program that was refused gets a token by its own credentials or by an assertion once its
mistake is corrected: without that token, it would look refused for ever. Such tokens are not read with the other
events (accounts/diagnosis/timeline.py), because there are so many.
"""

from collections.abc import Iterable, Sequence

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.clients.metadata.grant_types import CLIENT_CREDENTIALS, JWT_BEARER
from accounts.diagnosis.assembly import GAP, program_of
from accounts.diagnosis.attempt import CALL, TOKEN, Attempt, Step
from accounts.models import Event

# Of as many attempts, the newest, the token is looked for.
MOST_LOOKED_UP = 200
# Refusals of one subject or workload. A token of the same client for another one does not answer them.
OF_A_SUBJECT = ("unknown_subject", "too_many_people", "unmatched_workload")


def complete(attempts: Sequence[Attempt]) -> None:
    """Add the tokens, and the first calls after them, to `attempts`, which are the newest first."""
    _complete_discoveries(attempts)
    _complete_refusals(attempts)


def _complete_discoveries(attempts: Iterable[Attempt]) -> None:
    """Add the refresh, and the first call after it, to those of `attempts` that ended with reading the metadata.

    Takes at most three queries.
    """
    alone = [each for each in attempts if each.is_discovery_alone and program_of(each.last.event) is not None]
    by_last = {each.last.event.pk: each for each in alone[:MOST_LOOKED_UP]}
    if not by_last:
        return
    tokens = _refreshes_after(by_last)
    calls = list(first_calls(tokens.values()))
    for pk, token in tokens.items():
        attempt = by_last[pk]
        if token.at - attempt.last.event.at <= GAP:
            attempt.steps += [Step.of(event) for event in (token, *_calls_with(token, calls))]


def _complete_refusals(attempts: Iterable[Attempt]) -> None:
    """Add the next token, and the first call with it, to those of `attempts` whose last step was refused.

    Takes at most three queries.
    """
    refused = [each for each in attempts if _may_have_recovered(each)][:MOST_LOOKED_UP]
    if not refused:
        return
    tokens = _tokens_after(each.last.event.pk for each in refused)
    calls = list(first_calls(tokens.values()))
    for attempt in refused:
        token = tokens.get(attempt.last.event.pk)
        if token is not None and attempt.user_id in (None, token.user_id):
            attempt.steps += [Step.of(event) for event in (token, *_calls_with(token, calls))]


def _may_have_recovered(attempt: Attempt) -> bool:
    refused = attempt.refused
    if refused is None or refused.name not in (TOKEN, CALL) or refused.event.reason in OF_A_SUBJECT:
        return False
    return bool(attempt.client_id)


def first_calls(events: Iterable[Event]) -> QuerySet[Event]:
    """Return the first call, and the first successful one, after each token in `events`, however much later.

    Later calls do not matter.
    """
    tokens = [event.pk for event in events if event.kind == Event.Kind.TOKEN and event.outcome == Event.Outcome.OK]
    # With the person, because many people may use one client.
    after = Event.objects.filter(
        Q(user_id=OuterRef("user_id")) | Q(user_id=None),
        client_id=OuterRef("client_id"),
        pk__gt=OuterRef("pk"),
        kind=Event.Kind.MCP,
    )
    accepted = after.exclude(outcome=Event.Outcome.REFUSED)
    first, success = (Subquery(calls.order_by("pk").values("pk")[:1]) for calls in (after, accepted))
    firsts = Event.objects.filter(pk__in=tokens).values_list(first, success)
    return Event.objects.filter(pk__in={pk for pair in firsts for pk in pair if pk is not None})


def _refreshes_after(pks: Iterable[int]) -> dict[int, Event]:
    """Return the first token of the same program after each of the events with `pks`."""
    # The address has an index.
    later = Event.objects.filter(
        address=OuterRef("address"),
        agent=OuterRef("agent"),
        pk__gt=OuterRef("pk"),
        kind=Event.Kind.TOKEN,
        outcome=Event.Outcome.OK,
    )
    first = Subquery(later.order_by("pk").values("pk")[:1])
    found = dict(Event.objects.filter(pk__in=pks).values_list("pk", first))
    tokens = Event.objects.in_bulk([pk for pk in found.values() if pk is not None])
    return {pk: tokens[token] for pk, token in found.items() if token in tokens}


def _tokens_after(pks: Iterable[int]) -> dict[int, Event]:
    """Return the first token that the same client got by itself after each of the events with `pks`."""
    later = Event.objects.filter(
        client_id=OuterRef("client_id"),
        pk__gt=OuterRef("pk"),
        kind=Event.Kind.TOKEN,
        outcome=Event.Outcome.OK,
        action__in=(CLIENT_CREDENTIALS, JWT_BEARER),
    )
    first = Subquery(later.order_by("pk").values("pk")[:1])
    of_clients = Event.objects.filter(pk__in=list(pks)).exclude(client_id="")
    found = dict(of_clients.values_list("pk", first))
    tokens = Event.objects.in_bulk([pk for pk in found.values() if pk is not None])
    return {pk: tokens[token] for pk, token in found.items() if token in tokens}


def _calls_with(token: Event, calls: Iterable[Event]) -> list[Event]:
    """Return the first of `calls` after `token`, and the first successful one, if there are any."""
    own = [call for call in calls if call.client_id == token.client_id and call.pk > token.pk]
    theirs = sorted((call for call in own if call.user_id in (None, token.user_id)), key=lambda call: call.pk)
    success = next((call for call in theirs if call.outcome != Event.Outcome.REFUSED), None)
    return list(dict.fromkeys(call for call in (*theirs[:1], success) if call is not None))

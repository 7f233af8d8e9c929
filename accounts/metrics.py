"""Prometheus metrics of the authorization server. Loaded only where METRICS_PORT is set.

No label takes a value that a stranger can invent.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from accounts.audit import events
from accounts.models import Event
from accounts.rate_limits.counting import outage

OTHER = "other"
# RFC 6749 section 5.2, RFC 8707 section 2, and what we say while the database is away.
TOKEN_ERRORS = frozenset(
    (
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
        *("invalid_scope", "invalid_target", "temporarily_unavailable", "server_error"),
    )
)

requests = Counter("http_requests", "Requests, by route.", ["endpoint", "method", "status"])
request_seconds = Histogram("http_request_seconds", "Until the reply, or the stream, began.", ["endpoint"])
happened = Counter("events", "What was written to the trail.", ["kind", "outcome"])
issued = Counter("oauth_tokens_issued", "Codes and refresh tokens that were exchanged for tokens.", ["grant_type"])
refused = Counter("oauth_tokens_refused", "Requests for tokens that were refused.", ["reason"])


def count(event: Event) -> None:
    happened.labels(event.kind, event.outcome).inc()
    if event.kind != Event.Kind.TOKEN:
        return
    if event.outcome == Event.Outcome.OK:
        issued.labels(event.action).inc()
    else:
        refused.labels(event.reason if event.reason in TOKEN_ERRORS else OTHER).inc()


@cache
def redis_unavailable() -> Gauge:
    """Made once it is needed: without a label it would have a file at once, of every command's process too."""
    what = "1 while the database takes the place of Redis."
    # Of several processes, the one that asked last knows best.
    return Gauge("redis_unavailable", what, multiprocess_mode="livemostrecent")


def count_outage(is_on: bool) -> None:
    redis_unavailable().set(is_on)


events.observers.append(count)
outage.observers.append(count_outage)

"""Prometheus metrics of the authorization server. Loaded only where METRICS_PORT is set.

No label has a value that a client can choose freely.
"""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from accounts.audit import events
from accounts.models import Event
from accounts.rate_limits.counting import outage

OTHER = "other"
# RFC 6749 section 5.2, RFC 8707 section 2, and the codes of a database that does not answer.
TOKEN_ERRORS = frozenset(
    (
        *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
        *("invalid_scope", "invalid_target", "temporarily_unavailable", "server_error"),
        # RFC 8693: a protected resource is refused.
        "exchange_refused",
        # RFC 9449.
        *("invalid_dpop_proof", "use_dpop_nonce"),
        # RFC 8628.
        *("access_denied", "expired_device_code"),
        # Of assertions (accounts/trusted_issuers/), as `invalid_grant` alone does not say why.
        *("untrusted_issuer", "invalid_assertion", "used_assertion", "issuer_client", "issuer_keys_refused"),
        *("unknown_subject", "unmatched_workload", "suspended_person", "too_many_people"),
    )
)

requests = Counter("http_requests", "Requests, by route.", ["endpoint", "method", "status"])
request_seconds = Histogram("http_request_seconds", "Seconds until the response, or the stream, began.", ["endpoint"])
events_recorded = Counter("events", "Events of the audit log.", ["kind", "outcome"])
tokens_issued = Counter(
    "oauth_tokens_issued", "Codes and refresh tokens that were exchanged for tokens.", ["grant_type"]
)
tokens_refused = Counter("oauth_tokens_refused", "Token requests that were refused.", ["reason"])


def count(event: Event) -> None:
    events_recorded.labels(event.kind, event.outcome).inc()
    if event.kind != Event.Kind.TOKEN:
        return
    if event.outcome == Event.Outcome.OK:
        tokens_issued.labels(event.action).inc()
    else:
        tokens_refused.labels(event.reason if event.reason in TOKEN_ERRORS else OTHER).inc()


@cache
def redis_unavailable() -> Gauge:
    """Return the gauge, created at its first use: without labels it would create a file in every command, too."""
    what = "1 while the database replaces Redis."
    # Of several processes, the one with the most recent result is right.
    return Gauge("redis_unavailable", what, multiprocess_mode="livemostrecent")


def count_outage(is_on: bool) -> None:
    redis_unavailable().set(is_on)


events.observers.append(count)
outage.observers.append(count_outage)

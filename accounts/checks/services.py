"""Checks of services beside the server: single sign-on, email, the database pool, logs, metrics and traces."""

from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.clients.redirect_uris import LOOPBACK_HOSTS
from accounts.conf import conf

# One connection listens for notifications of other processes; a call may need two at a time.
SMALLEST_POOL = 4


@register(Tags.security)
def check_single_sign_on(**kwargs: object) -> list[CheckMessage]:
    issuer = conf.OIDC_ISSUER
    if not issuer:
        return []
    found: list[CheckMessage] = []
    if not (conf.OIDC_CLIENT_ID and conf.OIDC_CLIENT_SECRET):
        hint = "Set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET to what the provider gave you for this server."
        found.append(Error("OIDC_ISSUER is set without a client.", hint=hint, id="accounts.E009"))
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
        hint = "Use its https address: an attacker on the network could sign in as any person."
        found.append(Error(f"OIDC_ISSUER={issuer!r} is not https.", hint=hint, id="accounts.E010"))
    return found


@register(Tags.security)
def check_mail(**kwargs: object) -> list[CheckMessage]:
    if conf.MAIL or not conf.EMAIL_URL:
        return []
    hint = "Write it like smtp+tls://user:password@host:587, with the password percent-encoded."
    return [Error("EMAIL_URL cannot be read.", hint=hint, id="accounts.E011")]


@register(Tags.database)
def check_pool(**kwargs: object) -> list[CheckMessage]:
    if conf.DATABASE_POOL == 0 or conf.DATABASE_POOL >= SMALLEST_POOL:
        return []
    hint = f"Set it to {SMALLEST_POOL} at least (one connection listens, and calls need theirs), or to 0 for no pool."
    return [Error(f"DATABASE_POOL={conf.DATABASE_POOL} is too small.", hint=hint, id="accounts.E015")]


@register(Tags.security)
def check_log(**kwargs: object) -> list[CheckMessage]:
    if conf.IS_PART_OF_A_SITE or conf.LOG_FORMAT in ("json", "line"):
        # Another site has its own LOGGING, and may use the name for it.
        return []
    return [Error(f"LOG_FORMAT={conf.LOG_FORMAT!r} is not json or line.", id="accounts.E012")]


@register(Tags.security)
def check_days(**kwargs: object) -> list[CheckMessage]:
    hint = "Use a number of days, or 0 to keep them for ever."
    return [
        Error(f"{name} is below 0.", hint=hint, id="accounts.E013")
        for name in ("AUDIT_DAYS", "CLIENT_DAYS")
        if getattr(conf, name) < 0
    ]


@register(Tags.security)
def check_metrics(**kwargs: object) -> list[CheckMessage]:
    if not conf.METRICS_PORT or conf.METRICS_HOST not in ("", "0.0.0.0", "::"):  # noqa: S104 - to warn of it
        return []
    hint = "Use an address that only your Prometheus can reach, or restrict access to the port by other means."
    message = f"METRICS_HOST={conf.METRICS_HOST} serves the server's metrics to every client that reaches the port."
    return [Warning(message, hint=hint, id="accounts.W002")]


@register(Tags.security)
def check_traces(**kwargs: object) -> list[CheckMessage]:
    if not conf.TRACES or conf.OTEL_EXPORTER_OTLP_PROTOCOL == "http/protobuf":
        return []
    hint = "Name the collector's http port (usually 4318), and leave OTEL_EXPORTER_OTLP_PROTOCOL out."
    message = f"Traces are exported over http/protobuf, not {conf.OTEL_EXPORTER_OTLP_PROTOCOL}."
    return [Error(message, hint=hint, id="accounts.E014")]

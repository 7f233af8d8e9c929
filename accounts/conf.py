"""Settings of the authorization server, each with its default (docs/settings.md).

`conf.AUDIT_DAYS` is the current value, from Django's settings. `Settings.AUDIT_DAYS` is the default. In another
project, where a name such as LIMITS may be taken, Django's settings have it as OAUTH_MCP_AUDIT_DAYS.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings

T = TypeVar("T")

# Of our names in the settings of another project, and the one that says that they are those of another project.
PREFIX = "OAUTH_MCP_"
IS_PART_OF_A_SITE = f"{PREFIX}IS_PART_OF_A_SITE"

# Rates by name, such as 600/minute; 0 is no limit (accounts/rate_limits/).
LIMITS: dict[str, str] = {
    # Requests to /mcp: of each person, of each client (many people may share one), from each address. Processes count
    # them in blocks (accounts/rate_limits/leases.py), so that most requests write nothing for it.
    "calls_person": "1200/minute",
    "calls_client": "12000/minute",
    "calls_address": "12000/minute",
    # Requests for tokens: of each client at each address, as anybody can name any client; and from each address.
    "tokens_client": "600/minute",
    "tokens_address": "3000/minute",
    # Questions about tokens: of each protected resource, and from each address.
    "introspections_resource": "12000/minute",
    "introspections_address": "12000/minute",
    # Token exchanges: of each protected resource at each address, and of those for each person.
    "exchanges_resource": "3000/minute",
    "exchanges_person": "300/minute",
    # Registrations: a whole office may share an address, and some clients register at each start.
    "registrations_address": "500/hour",
    "registrations_total": "20000/day",
    "authorizations_address": "600/minute",
    # Device codes (RFC 8628): of each client at each address, from each address, and in all. Each lives for 10 minutes.
    "device_codes_client": "60/10minutes",
    "device_codes_address": "300/10minutes",
    "device_codes_total": "20000/day",
    # Wrong codes that people type for a device: of each person, and from each address.
    "device_entries_person": "10/10minutes",
    "device_entries_address": "60/10minutes",
    # Failed sign-ins: with one name from one address, from one address, with one name from all addresses new to it.
    "sign_ins_name": "5/5minutes",
    "sign_ins_address": "100/hour",
    "sign_ins_elsewhere": "30/hour",
    # Refusals without a known person that are recorded one by one (accounts/audit/sampling.py).
    "refusals_address": "300/hour",
    "refusals_total": "3000/hour",
    # The same for each known person.
    "refusals_person": "3000/hour",
    # New browser sessions without a sign-in: they last for an hour (config/stores/sessions.py).
    "sessions_address": "1000/hour",
}
# Without a variable of their own.
INTERNAL_LIMITS: dict[str, str] = {
    # Messages in MCP sessions that are passed to other processes: answers, cancellations and subscriptions.
    "mail_person": "600/minute",
    # Events that repeat, such as reading the metadata from one address.
    "seen": "1/minute",
}


def django_name(name: str) -> str:
    """Return the name that Django's settings have for ours."""
    return f"{PREFIX}{name}" if getattr(settings, IS_PART_OF_A_SITE, False) else name


class Setting(Generic[T]):
    """A setting that has a default."""

    def __init__(self, default: T) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        """Return the current value; read from the class, the default."""
        if instance is None:
            return self.default
        value: T = getattr(settings, django_name(self.name), self.default)
        return value


class DerivedSetting(Generic[T]):
    """A setting whose default depends on other settings."""

    def __init__(self, default: Callable[[Any], T]) -> None:
        """`default` takes the object that holds the settings."""
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        name = django_name(self.name)
        value: T = getattr(settings, name) if hasattr(settings, name) else self.default(instance)
        return value


class LimitsSetting(Setting[Mapping[str, str]]):
    """Limits by name, of which those that Django's settings leave out have their defaults."""

    def __get__(self, instance: object, owner: type) -> Mapping[str, str]:
        return {**self.default, **super().__get__(instance, owner)}


class Settings:
    """The settings that this app reads, besides those of Django and of the packages that it uses."""

    # --- The server ---
    PUBLIC_URL = Setting("")
    """Issuer: an origin, byte for byte. Empty with DEBUG only, where the request's host takes its place."""
    SERVER_NAME = Setting("OAuth MCP Server")
    """Name that people and clients see."""
    TRUSTED_PROXIES = Setting[Collection[str]](())
    """Addresses and networks of the proxies whose forwarded headers are trusted."""
    TRUSTED_PROXY = Setting(False)
    """Whether forwarded headers are trusted: those of TRUSTED_PROXIES or, without any, of every peer."""
    ALLOWED_ORIGINS = Setting[Collection[str]](())
    """Origins of web pages that may call /mcp."""
    REDIS_URL = Setting("")
    """Redis of the shared cache and the rate limits."""
    LOG_FORMAT = Setting("json")
    """Format of log lines: "json" or "line"."""
    METRICS_PORT = Setting(0)
    """Port of the metrics for Prometheus; 0: no metrics."""
    METRICS_HOST = Setting("127.0.0.1")
    """Address on which the metrics are served."""
    TRACES = Setting(False)
    """Whether traces are sent to an OpenTelemetry collector."""
    OTEL_EXPORTER_OTLP_PROTOCOL = Setting("http/protobuf")
    """Protocol of the collector; no other is supported."""

    # --- Database and threads ---
    DATABASE_POOL = Setting(0)
    """Size of a process's pool of PostgreSQL connections; 0: each thread keeps its own connection."""
    PREPARED_STATEMENTS = Setting(True)
    """Whether PostgreSQL keeps the plans of frequent queries."""
    REQUEST_THREADS = Setting(24)
    """Threads of a process that serve requests."""

    FETCH_WAITERS = DerivedSetting[int](lambda conf: max(2, conf.REQUEST_THREADS // 4))
    """Requests of a process that may wait at a time for documents or keys of clients (accounts/fetching/)."""

    # --- People and mail ---
    EMAIL_URL = Setting("")
    """Mail server."""
    MAIL = Setting(False)
    """Whether EMAIL_URL names a mail server, so that mail can be sent."""
    OIDC_ISSUER = Setting("")
    """OpenID Connect provider for single sign-on."""
    OIDC_CLIENT_ID = Setting("")
    """This server's client identifier at the provider."""
    OIDC_CLIENT_SECRET = Setting("")
    """This server's client secret at the provider."""
    OIDC_SIGN_UP = Setting(False)
    """Whether an unknown person who signs in through the provider is added."""

    # --- OAuth ---
    AUTHORIZATION_CODE_EXPIRE_MINUTES = Setting(5)
    """Lifetime of an authorization code, which people may carry to a remote shell by hand."""
    REFRESH_GRACE_SECONDS = Setting(120)
    """Seconds for which a refresh token that was exchanged is given the newest pair (accounts/grants/refreshes.py)."""
    ACCESS_TOKEN_EXPIRE_MINUTES = Setting(30)
    """Lifetime of an access token."""
    REFRESH_TOKEN_EXPIRE_DAYS = Setting(30)
    """Lifetime of an unused refresh token."""
    DPOP_NONCE_REQUIRED = Setting(False)
    """Whether DPoP proofs must contain a nonce of this server (accounts/dpop/nonces.py)."""
    REGISTRATION = Setting("open")
    """Policy for new clients: "open" (to anyone), "reviewed" (after an admin's approval) or "closed"."""
    CLIENT_DOCUMENT_HOSTS = Setting(["*"])
    """Hosts whose client metadata documents are accepted; ".example.com" includes its subdomains."""
    PRIVATE_SCHEMES = Setting(
        ["cursor", "claude", "vscode", "vscode-insiders", "vscodium", "windsurf", "zed", "raycast", "goose"]
    )
    """Private-use redirect schemes without a dot; one with a dot (`com.example.app:`) needs no entry."""
    AUDIT_DAYS = Setting(365)
    """Days for which `manage.py prune` keeps events; 0: for ever."""
    CLIENT_DAYS = Setting(180)
    """Days for which it keeps unused clients that registered themselves; 0: for ever."""

    LIMITS = LimitsSetting({**LIMITS, **INTERNAL_LIMITS})
    """Rate limits by name."""

    IS_PART_OF_A_SITE = Setting(False)
    """Whether the apps belong to another project: mcp_api.site.configure sets it."""

    # --- Sources of settings, and what is wrong with them (accounts/checks/) ---
    ENV_FILE = Setting(Path(".env"))
    """File of settings."""
    ENV_FILE_NAMES = Setting[Collection[str]](())
    """Variables that only that file sets."""
    LOCAL_SETTINGS = Setting(Path("local_settings.py"))
    """Module of the operator's own settings."""
    LOCAL_SETTINGS_UNREAD = Setting(False)
    """Whether that module should be read, but cannot."""
    APPS_NOT_INSTALLED = Setting[Mapping[str, str]]({})
    """Apps of APPS that cannot be installed, each with the reason."""
    ENV_PROBLEMS = Setting[Mapping[str, str]]({})
    """Variables that cannot be read, each with a sentence."""


conf = Settings()

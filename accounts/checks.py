"""System checks for the settings: each has an id, names the problem and says what to do."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from accounts.clients.redirect_uris import LOOPBACK_HOSTS, NEVER_SCHEMES
from accounts.conf import conf
from accounts.http import web_address
from accounts.rate_limits.rates import rate_of
from accounts.secret_keys import HOW_TO_MAKE_A_KEY, weakness_of

BARE_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", re.IGNORECASE)
# One connection listens for what other processes tell; a call may need two at a time.
SMALLEST_POOL = 4


@register(Tags.security)
def check_secret_key(**kwargs: object) -> list[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    if not key:
        hint = f"Set it in the environment or in .env, to something random: {HOW_TO_MAKE_A_KEY}. `make run` does that."
        return [Error("SECRET_KEY is not set.", hint=hint, id="accounts.E001")]
    weakness = "" if settings.DEBUG else weakness_of(key)
    if not weakness:
        return []
    hint = (
        "Sessions, links in mails and refreshed tokens can be forged by anyone who guesses it. "
        f"Make another one: {HOW_TO_MAKE_A_KEY}."
    )
    return [Error(f"SECRET_KEY {weakness}.", hint=hint, id="accounts.E017")]


@register(Tags.security)
def check_former_secret_keys(**kwargs: object) -> list[CheckMessage]:
    """What a former key signed is accepted too: a weak one is as dangerous as a weak SECRET_KEY."""
    if settings.DEBUG:
        return []
    hint = (
        "Run `manage.py reseal --skip-checks`, which keeps second factors, and take the key out: people sign in anew."
    )
    weaknesses = [weakness_of(key) for key in settings.SECRET_KEY_FALLBACKS]
    return [
        Error(f"Number {number} of SECRET_KEY_FALLBACKS {weakness}.", hint=hint, id="accounts.E018")
        for number, weakness in enumerate(weaknesses, start=1)
        if weakness
    ]


@register(Tags.security)
def check_public_url(**kwargs: object) -> list[CheckMessage]:
    url = conf.PUBLIC_URL
    if not url:
        if settings.DEBUG:
            return []
        hint = "Set it to the origin that clients reach, such as https://mcp.example.com; for a trial, set DEBUG=true."
        return [Error("PUBLIC_URL is not set.", hint=hint, id="accounts.E002")]
    try:
        parts = urlsplit(url)
        bare = BARE_ORIGIN.fullmatch(url) is not None and web_address.read(url) is not None
    except ValueError:
        bare = False
    if not bare:
        hint = "Scheme, host and, if need be, port: https://mcp.example.com, with no path and no final slash."
        return [Error(f"PUBLIC_URL={url!r} is not a bare origin.", hint=hint, id="accounts.E003")]
    if url != url.lower():
        hint = f"Write {url.lower()}: clients compare the issuer character by character."
        return [Error(f"PUBLIC_URL={url!r} has capital letters.", hint=hint, id="accounts.E003")]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        hint = "Use https: passwords and tokens would cross the network in the clear."
        return [Error(f"PUBLIC_URL={url!r} is plain http on a public host.", hint=hint, id="accounts.E004")]
    return []


@register(Tags.security)
def check_debug_is_local(**kwargs: object) -> list[CheckMessage]:
    try:
        host = urlsplit(conf.PUBLIC_URL).hostname
    except ValueError:
        return []  # accounts.E003 tells
    if not settings.DEBUG or host is None or host in LOOPBACK_HOSTS:
        return []
    hint = "Set DEBUG=false: with DEBUG, any visitor sees the server's insides and may sign in as demo."
    return [Error(f"DEBUG is on while PUBLIC_URL is public ({conf.PUBLIC_URL}).", hint=hint, id="accounts.E005")]


@register(Tags.security)
def check_trusted_proxies(**kwargs: object) -> list[CheckMessage]:
    hint = "List the proxies' addresses or networks, with commas between: 127.0.0.1,10.0.0.0/8."
    return [
        Error(f"TRUSTED_PROXY names {each!r}, which is not an address.", hint=hint, id="accounts.E019")
        for each in conf.TRUSTED_PROXIES
        if not is_network(each)
    ]


@register(Tags.security, deploy=True)
def check_trusted_proxy_is_named(**kwargs: object) -> list[CheckMessage]:
    if not conf.TRUSTED_PROXY or conf.TRUSTED_PROXIES:
        return []
    hint = "Name the proxy, such as TRUSTED_PROXY=127.0.0.1, or make sure that nobody reaches this server past it."
    message = "TRUSTED_PROXY=true believes whoever connects: anybody who reaches this server can invent their address."
    return [Warning(message, hint=hint, id="accounts.W003")]


@register(Tags.security)
def check_allowed_hosts(**kwargs: object) -> list[CheckMessage]:
    """A pattern lets whoever has a host below it choose the name under which pages are shown."""
    if settings.DEBUG:
        return []
    hint = "List the names one by one. That of PUBLIC_URL always counts, and /health answers to every name."
    return [
        Warning(f"ALLOWED_HOSTS has the pattern {each!r}.", hint=hint, id="accounts.W004")
        for each in settings.ALLOWED_HOSTS
        # Names below .localhost are this machine's (RFC 6761 section 6.3).
        if each == "*" or (each.startswith(".") and each != ".localhost")
    ]


def is_network(written: str) -> bool:
    try:
        ipaddress.ip_network(written, strict=False)
    except ValueError:
        return False
    return True


@register(Tags.security)
def check_private_schemes(**kwargs: object) -> list[CheckMessage]:
    unsafe = sorted(NEVER_SCHEMES.intersection(conf.PRIVATE_SCHEMES))
    if not unsafe:
        return []
    hint = "Take them out: a browser would run or open them itself instead of handing the code to an app."
    return [Error(f"PRIVATE_SCHEMES lists {', '.join(unsafe)}.", hint=hint, id="accounts.E006")]


@register(Tags.security)
def check_registration(**kwargs: object) -> list[CheckMessage]:
    if conf.REGISTRATION in ("open", "reviewed", "closed"):
        return []
    return [Error(f"REGISTRATION={conf.REGISTRATION!r} is not open, reviewed or closed.", id="accounts.E008")]


@register()
def check_apps(**kwargs: object) -> list[CheckMessage]:
    hint = "List apps or their AppConfigs with commas between, as in INSTALLED_APPS: library,shop.apps.ShopConfig."
    return [
        Error(f"APPS names {name}, which cannot be installed: {problem}.", hint=hint, id="accounts.E022")
        for name, problem in conf.APPS_NOT_INSTALLED.items()
    ]


@register()
def check_local_settings(**kwargs: object) -> list[CheckMessage]:
    if not conf.LOCAL_SETTINGS_UNREAD:
        return []
    hint = "Name a file that this server's user may read, or leave LOCAL_SETTINGS out."
    return [Error(f"LOCAL_SETTINGS={conf.LOCAL_SETTINGS} cannot be read.", hint=hint, id="accounts.E023")]


@register()
def check_environment(**kwargs: object) -> list[CheckMessage]:
    """Variables that are not of their type: each has its default until it is mended."""
    hint = "Correct it in the environment or in .env, or leave it out to have the default."
    return [Error(problem, hint=hint, id="accounts.E024") for problem in conf.ENV_PROBLEMS.values()]


@register(Tags.security)
def check_hosts(**kwargs: object) -> list[CheckMessage]:
    """Hosts and origins are compared with those that clients send, so that another spelling would never match."""
    hosts = [_check_document_host(host) for host in conf.CLIENT_DOCUMENT_HOSTS if host != "*"]
    unsent = [each for each in conf.ALLOWED_ORIGINS if not _may_be_allowed(each)]
    hint = "Write it as browsers do: https://app.example.com, in lower case, without a final slash or the usual port."
    message = "ALLOWED_ORIGINS lists {!r}, which no browser sends."
    origins = [Error(message.format(each), hint=hint, id="accounts.E021") for each in unsent]
    return [*filter(None, hosts), *origins]


def _may_be_allowed(origin: str) -> bool:
    """Whether `origin` names one site or app. Every sandboxed frame, of any site, sends `null`."""
    if origin.lower().startswith(("http:", "https:")):
        return web_address.is_origin(origin)
    # Extensions and apps have origins of their own schemes.
    return re.fullmatch(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+", origin) is not None


def _check_document_host(written: str) -> CheckMessage | None:
    try:
        host = web_address.host_name(written.removeprefix("."))
    except web_address.InvalidAddress as error:
        host, hint = "", str(error)
    if host and host == written.removeprefix("."):
        return None
    hint = f"Write {host}, with a dot before it to include what is below." if host else hint
    return Error(f"CLIENT_DOCUMENT_HOSTS lists {written!r}, which no client sends.", hint=hint, id="accounts.E020")


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
        hint = "Use its https address: whoever is on the way could sign in as anybody."
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
    if conf.LOG_FORMAT in ("json", "line"):
        return []
    return [Error(f"LOG_FORMAT={conf.LOG_FORMAT!r} is not json or line.", id="accounts.E012")]


@register(Tags.security)
def check_days(**kwargs: object) -> list[CheckMessage]:
    hint = "Use a number of days, or 0 for ever."
    return [
        Error(f"{name} is below 0.", hint=hint, id="accounts.E013")
        for name in ("AUDIT_DAYS", "CLIENT_DAYS")
        if getattr(conf, name) < 0
    ]


@register(Tags.security)
def check_metrics(**kwargs: object) -> list[CheckMessage]:
    if not conf.METRICS_PORT or conf.METRICS_HOST not in ("", "0.0.0.0", "::"):  # noqa: S104 - to warn of it
        return []
    hint = "Use an address that only your Prometheus can reach, or close the port to everybody else by other means."
    message = f"METRICS_HOST={conf.METRICS_HOST} serves the server's figures to whoever reaches the port."
    return [Warning(message, hint=hint, id="accounts.W002")]


@register(Tags.security)
def check_traces(**kwargs: object) -> list[CheckMessage]:
    if not conf.TRACES or conf.OTEL_EXPORTER_OTLP_PROTOCOL == "http/protobuf":
        return []
    hint = "Name the collector's http port (4318, as a rule), and leave OTEL_EXPORTER_OTLP_PROTOCOL out."
    message = f"Traces leave over http/protobuf, not {conf.OTEL_EXPORTER_OTLP_PROTOCOL}."
    return [Error(message, hint=hint, id="accounts.E014")]


@register(Tags.security)
def check_limits(**kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, written in conf.LIMITS.items():
        try:
            rate_of(written)
        except ValueError:
            hint = "Write it like 600/minute or 5/5minutes; 0 is no limit."
            found.append(Error(f"LIMIT_{name.upper()}={written!r} is not a rate.", hint=hint, id="accounts.E016"))
    return found


@register(Tags.security)
def check_lifetimes(**kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = [
        Error(f"{name} must be at least 1.", id="accounts.E007")
        for name in ("ACCESS_TOKEN_EXPIRE_MINUTES", "REFRESH_TOKEN_EXPIRE_DAYS")
        if getattr(conf, name) < 1
    ]
    if conf.ACCESS_TOKEN_EXPIRE_MINUTES > 24 * 60:
        hint = (
            "Clients refresh by themselves: a short life costs nobody anything and limits what a stolen token can do."
        )
        found.append(Warning("Access tokens live for more than a day.", hint=hint, id="accounts.W001"))
    return found


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured for what is found above: an application server runs no checks itself."""
    checks = (
        check_secret_key,
        check_former_secret_keys,
        check_public_url,
        check_debug_is_local,
        check_trusted_proxies,
        check_private_schemes,
        check_registration,
        check_hosts,
        check_apps,
        check_local_settings,
        check_environment,
        check_single_sign_on,
        check_mail,
        check_log,
        check_days,
        check_traces,
        check_pool,
        check_limits,
        check_lifetimes,
    )
    refuse_to_start(checks)


def refuse_to_start(checks: Iterable[Callable[[], list[CheckMessage]]]) -> None:
    """Raise ImproperlyConfigured where one of `checks` finds an error, naming each."""
    errors = [message for check in checks for message in check() if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(["This server is not ready to start.", *map(str, errors)]))

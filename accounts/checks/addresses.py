"""Checks of the server's address, its proxies, and the hosts and origins that it accepts."""

import ipaddress
import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.checks.trial import is_trial
from accounts.clients.redirect_uris import LOOPBACK_HOSTS
from accounts.conf import conf
from accounts.http import mount, web_address

# An origin, and perhaps a path.
ADDRESS = re.compile(r"(https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?)(/.*)?", re.IGNORECASE)

FORM = (
    "Scheme, host and, if necessary, port and path: https://mcp.example.com or https://example.com/tools, with no "
    f"final slash. A path has up to {mount.LONGEST} letters, digits, hyphens, underscores, tildes and slashes; its "
    "parts may have dots, but not at their beginning. It does not begin with /health."
)


@register(Tags.security)
def check_public_url(**kwargs: object) -> list[CheckMessage]:
    url = conf.PUBLIC_URL
    if not url:
        if settings.DEBUG:
            return []
        hint = "Set it to the address that clients reach, such as https://mcp.example.com; for a trial, set DEBUG=true."
        return [Error("PUBLIC_URL is not set.", hint=hint, id="accounts.E002")]
    try:
        parts = urlsplit(url)
        address = ADDRESS.fullmatch(url) if web_address.read(url) is not None else None
    except ValueError:
        address = None
    normal = normal_form(url)
    if normal not in ("", url):
        hint = f"Write {normal}: clients normalize the issuer, and then compare it character by character."
        return [Error(f"PUBLIC_URL={url!r} is not in its normal form.", hint=hint, id="accounts.E003")]
    if address is None or (address[2] and not mount.is_usable(address[2])):
        return [Error(f"PUBLIC_URL={url!r} is not the address of a server.", hint=FORM, id="accounts.E003")]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        hint = "Use https: passwords and tokens would cross the network unencrypted."
        return [Error(f"PUBLIC_URL={url!r} is plain http on a public host.", hint=hint, id="accounts.E004")]
    return []


def normal_form(url: str) -> str:
    """Return `url` with its host in the form of browsers; "" if it is no address."""
    address = ADDRESS.fullmatch(url)
    origin = web_address.origin_form(address[1]) if address else ""
    return origin and f"{origin}{address[2] or ''}" if address else ""


@register(Tags.security)
def check_debug_is_local(**kwargs: object) -> list[CheckMessage]:
    try:
        host = urlsplit(conf.PUBLIC_URL).hostname
    except ValueError:
        return []  # reported as accounts.E003
    if not settings.DEBUG or host is None or host in LOOPBACK_HOSTS:
        return []
    hint = (
        "Set DEBUG=false, or while you develop, PUBLIC_URL to the address of this machine, such as "
        "http://localhost:8000: with DEBUG, any visitor sees the server's internals and may sign in as demo."
    )
    return [Error(f"DEBUG is on while PUBLIC_URL is public ({conf.PUBLIC_URL}).", hint=hint, id="accounts.E005")]


@register(Tags.security)
def check_trusted_proxies(**kwargs: object) -> list[CheckMessage]:
    hint = "List the addresses or networks of the proxies, separated by commas: 127.0.0.1,10.0.0.0/8."
    return [
        Error(f"TRUSTED_PROXY names {each!r}, which is not an address.", hint=hint, id="accounts.E019")
        for each in conf.TRUSTED_PROXIES
        if not is_network(each)
    ]


@register(Tags.security, deploy=True)
def check_trusted_proxy_is_named(**kwargs: object) -> list[CheckMessage]:
    if not conf.TRUSTED_PROXY or conf.TRUSTED_PROXIES:
        return []
    hint = (
        "Name the proxy, such as TRUSTED_PROXY=127.0.0.1, or make sure that clients reach this server only through it."
    )
    message = "TRUSTED_PROXY=true trusts every connection: any client that reaches this server can forge its address."
    return [Warning(message, hint=hint, id="accounts.W003")]


@register(Tags.security)
def check_allowed_hosts(**kwargs: object) -> list[CheckMessage]:
    """Warn of patterns: the owner of any matching host can show this server's pages under that name."""
    if is_trial():
        return []
    hint = "List each name. The host of PUBLIC_URL is always allowed, and /health is served under every name."
    return [
        Warning(f"ALLOWED_HOSTS has the pattern {each!r}.", hint=hint, id="accounts.W004")
        for each in settings.ALLOWED_HOSTS
        # Names below .localhost are this machine's (RFC 6761 section 6.3).
        if each == "*" or (each.startswith(".") and each != ".localhost")
    ]


def is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


@register(Tags.security)
def check_hosts(**kwargs: object) -> list[CheckMessage]:
    """Report hosts and origins in a form that clients do not send, which would never match."""
    hosts = [_check_document_host(host) for host in conf.CLIENT_DOCUMENT_HOSTS if host != "*"]
    invalid = [each for each in conf.ALLOWED_ORIGINS if not _may_be_allowed(each)]
    hint = "Write it as browsers do: https://app.example.com, in lower case, without a final slash or the default port."
    pattern = "Origins are compared exactly, so a pattern never matches. List each: https://app.example.com."
    message = "ALLOWED_ORIGINS lists {!r}, which no browser sends."
    origins = [
        Error(message.format(each), hint=pattern if "*" in each else hint, id="accounts.E021") for each in invalid
    ]
    return [*filter(None, hosts), *origins]


def _may_be_allowed(origin: str) -> bool:
    """Return whether `origin` identifies one site or app. It refuses `null`, which every sandboxed frame sends."""
    if origin.lower().startswith(("http:", "https:")):
        return web_address.is_origin(origin)
    # Browser extensions and apps have origins with schemes of their own.
    return re.fullmatch(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+", origin) is not None


def _check_document_host(setting: str) -> CheckMessage | None:
    try:
        host = web_address.host_name(setting.removeprefix("."))
    except web_address.InvalidAddress as error:
        host, hint = "", str(error)
    if host and host == setting.removeprefix("."):
        return None
    hint = f"Write {host}, with a dot before it to include its subdomains." if host else hint
    return Error(f"CLIENT_DOCUMENT_HOSTS lists {setting!r}, which no client sends.", hint=hint, id="accounts.E020")

"""One call at the end of a site's settings, which adds those that the server needs."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

from accounts.conf import IS_PART_OF_A_SITE, PREFIX
from mcp_api.conf import Settings as Defaults
from mcp_api.site import toolkit
from mcp_api.site.toolkit import accounts

mcp_api = __name__.removesuffix(".site.configure")
TOOLKIT = "oauth2_provider"
PUBLIC_URL = f"{PREFIX}PUBLIC_URL"
APPS = (
    accounts,
    mcp_api,
    # Numbers and times on the pages.
    "django.contrib.humanize",
    TOOLKIT,
    "rest_framework",
)


def configure(settings: MutableMapping[str, Any], *, public_url: str) -> None:
    """Add to a site's `settings`, the `globals()` of its module, those that the server needs and the site has not set.

    `public_url` is the address that clients reach, such as https://www.example.com. Nothing is replaced, and no list or
    dict of the site is changed in place. Raises ImproperlyConfigured, with one sentence on what to do, where the site
    cannot have the server.
    """
    _refuse_wrong_use(settings, public_url)
    _refuse_clashes(settings)
    models = toolkit.models()
    _refuse_another_toolkit(settings, models)
    settings["INSTALLED_APPS"] = _extended(settings.get("INSTALLED_APPS", ()), APPS)
    hashers = settings.get("PASSWORD_HASHERS", global_settings.PASSWORD_HASHERS)
    settings["PASSWORD_HASHERS"] = _extended(hashers, (toolkit.SECRET_HASHER,))
    provider = {**_lifetimes(settings), **toolkit.rules(public_url), **settings.get("OAUTH2_PROVIDER", {})}
    settings.update(models, OAUTH2_PROVIDER=provider)
    settings.update({PUBLIC_URL: public_url, IS_PART_OF_A_SITE: True})


def name_of(installed: str) -> str:
    """Return the package of an entry of INSTALLED_APPS, which may name a class of its `apps` module instead."""
    return installed.partition(".apps.")[0]


def _refuse_wrong_use(settings: MutableMapping[str, Any], public_url: object) -> None:
    """Raise ImproperlyConfigured for a call without an address, and for a second one."""
    if not isinstance(settings, MutableMapping):
        raise ImproperlyConfigured("Call configure(globals(), …) in the module of the settings.")
    if settings.get(IS_PART_OF_A_SITE):
        raise ImproperlyConfigured("configure is called twice in the settings: leave the last line with it.")
    if not isinstance(public_url, str) or not public_url:
        raise ImproperlyConfigured(
            "configure needs the address that clients reach: "
            'configure(globals(), public_url="https://www.example.com").'
        )
    if settings.get(PUBLIC_URL, public_url) != public_url:
        raise ImproperlyConfigured(
            f"{PUBLIC_URL} is {settings[PUBLIC_URL]!r} in the settings and {public_url!r} in the call of configure: "
            "remove the setting."
        )


def _refuse_clashes(settings: MutableMapping[str, Any]) -> None:
    """Raise ImproperlyConfigured where another app of the site has the label of one of ours."""
    ours = {toolkit.LABEL: accounts, mcp_api.rpartition(".")[2]: mcp_api}
    for installed in settings.get("INSTALLED_APPS", ()):
        name = name_of(installed)
        label = name.rpartition(".")[2]
        if label in ours and name != ours[label]:
            raise ImproperlyConfigured(
                f"The app {installed!r} and the server's {ours[label]!r} both have the label {label!r}: give yours "
                "another one, by `label` of its AppConfig."
            )


def _refuse_another_toolkit(settings: MutableMapping[str, Any], models: dict[str, str]) -> None:
    """Raise ImproperlyConfigured where the site uses django-oauth-toolkit for itself: it has one set of models only."""
    differing = [name for name, model in models.items() if settings.get(name, model) != model]
    has_toolkit = any(name_of(each) == TOOLKIT for each in settings.get("INSTALLED_APPS", ()))
    if differing or (has_toolkit and not models.keys() <= settings.keys()):
        found = f"{differing[0]} is {settings[differing[0]]!r}" if differing else f"INSTALLED_APPS has {TOOLKIT!r}"
        raise ImproperlyConfigured(
            f"{found}: this site already uses django-oauth-toolkit with models of its own, which it cannot share with "
            "this server. Run the server as a project of its own."
        )


def _lifetimes(settings: MutableMapping[str, Any]) -> dict[str, int]:
    minutes, days, code = (
        settings.get(f"{PREFIX}{name}", getattr(Defaults, name))
        for name in ("ACCESS_TOKEN_EXPIRE_MINUTES", "REFRESH_TOKEN_EXPIRE_DAYS", "AUTHORIZATION_CODE_EXPIRE_MINUTES")
    )
    return toolkit.lifetimes(access_token_minutes=minutes, refresh_token_days=days, code_minutes=code)


def _extended(entries: Iterable[str], more: Iterable[str]) -> list[str] | tuple[str, ...]:
    """Return `entries` and those of `more` that they lack, of the same type."""
    present = {name_of(each) for each in entries}
    missing = [each for each in more if each not in present]
    return (*entries, *missing) if isinstance(entries, tuple) else [*entries, *missing]

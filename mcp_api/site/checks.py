"""System checks of a site that has the server: each names what is missing, and the line to add."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from corsheaders.conf import conf as cors_conf
from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.http.request import validate_host
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, resolve
from django.utils.module_loading import import_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks.backends.immediate import ImmediateBackend

from accounts.checks.trial import is_trial
from accounts.conf import PREFIX
from accounts.http.mount import prefix_of
from mcp_api.conf import Settings, conf
from mcp_api.extensions.tasks import worker
from mcp_api.site import toolkit
from mcp_api.site.configure import APPS, mcp_api, name_of

_PACKAGE = mcp_api.rpartition(".")[0]
URLS = f"{_PACKAGE}.urls" if _PACKAGE else f"{mcp_api}.site.urls"
INCLUDE = f'Add `path("", include("{URLS}"))` to your urlpatterns, before patterns that match every address.'
LAST = "Call configure in the last line of the settings."
# One address of each kind; all have to be at the root of PUBLIC_URL.
ADDRESSES = (
    "/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/oauth/register",
    "/oauth/authorize",
    "/oauth/token",
    "/apps",
)
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
CONTEXT_PROCESSORS = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)
DJANGO_TEMPLATES = "django.template.backends.django.DjangoTemplates"
CORS_LINE = r'CORS_URLS_REGEX = r"^/(?!mcp(/|$)|oauth/|\.well-known/oauth-)"'


def check_apps_and_toolkit(**kwargs: object) -> list[CheckMessage]:
    """Report what was taken out or replaced after the call."""
    installed = {name_of(each) for each in settings.INSTALLED_APPS}
    apps = [
        Error(f"INSTALLED_APPS lacks {each!r}.", hint=LAST, id="accounts.E041")
        for each in APPS
        if each not in installed
    ]
    provider = settings.OAUTH2_PROVIDER
    hint = f"Take the key out of OAUTH2_PROVIDER. {LAST}"
    values = [
        Error(f"OAUTH2_PROVIDER[{key!r}] is {provider.get(key)!r:.80}.", hint=hint, id="accounts.E042")
        for key, value in toolkit.rules(conf.PUBLIC_URL).items()
        if provider.get(key) != value
    ]
    if toolkit.SECRET_HASHER not in settings.PASSWORD_HASHERS:
        values.append(Error("PASSWORD_HASHERS lacks that of client secrets.", hint=LAST, id="accounts.E042"))
    return [*apps, *values]


def check_addresses(**kwargs: object) -> list[CheckMessage]:
    """Report addresses that are not the server's."""
    return [Error(problem, hint=INCLUDE, id="accounts.E043") for problem in _foreign_addresses()]


def _foreign_addresses() -> Iterator[str]:
    packages = (f"{toolkit.accounts}.", f"{mcp_api}.")
    for address in ADDRESSES:
        try:
            view: Any = resolve(address).func
        except Resolver404:
            yield f"No view is at {address}."
            continue
        module = getattr(view, "view_class", view).__module__
        if not module.startswith(packages):
            yield f"The view at {address} is of {module}, and not the server's."


def check_sign_in_page(**kwargs: object) -> list[CheckMessage]:
    """Report a LOGIN_URL without a page."""
    try:
        address = resolve_url(settings.LOGIN_URL)
        if address.startswith("/"):
            resolve(address.partition("?")[0].removeprefix(prefix_of(conf.PUBLIC_URL)))
    except (NoReverseMatch, Resolver404):
        hint = 'Set it to the address or name of your sign-in page: LOGIN_URL = "/sign-in/".'
        return [Error(f"LOGIN_URL is {settings.LOGIN_URL!r}, which is no page.", hint=hint, id="accounts.E044")]
    return []


def check_middleware(**kwargs: object) -> list[CheckMessage]:
    """Report middleware that sign-in and consent need."""
    present = [each for each in map(import_string, settings.MIDDLEWARE) if isinstance(each, type)]
    return [
        Error(f"MIDDLEWARE lacks {each}.", hint=f'Add "{each}" to MIDDLEWARE.', id="accounts.E045")
        for each in MIDDLEWARE
        if not any(issubclass(one, import_string(each)) for one in present)
    ]


def check_templates(**kwargs: object) -> list[CheckMessage]:
    """Report templates of apps that are not found, and variables that pages need."""
    engines: list[dict[str, Any]] = [each for each in settings.TEMPLATES if each.get("BACKEND") == DJANGO_TEMPLATES]
    if not any(_finds_apps(each) for each in engines):
        hint = 'Add `"APP_DIRS": True` to the entry of TEMPLATES for DjangoTemplates.'
        return [Error("TEMPLATES does not find the templates of apps.", hint=hint, id="accounts.E046")]
    found = next(each for each in engines if _finds_apps(each)).get("OPTIONS", {}).get("context_processors", ())
    return [
        Error(f"TEMPLATES lacks {each}.", hint=f'Add "{each}" to its context_processors.', id="accounts.E046")
        for each in CONTEXT_PROCESSORS
        if each not in found
    ]


def _finds_apps(engine: dict[str, Any]) -> bool:
    return engine.get("APP_DIRS", False) or "app_directories.Loader" in str(engine.get("OPTIONS", {}).get("loaders"))


def check_host(**kwargs: object) -> list[CheckMessage]:
    """Report the host of PUBLIC_URL where Django would refuse it."""
    host = conf.PUBLIC_URL.partition("://")[2].partition("/")[0].lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if is_trial() or validate_host(name, settings.ALLOWED_HOSTS):
        return []
    hint = f"Add {name!r} to ALLOWED_HOSTS."
    return [Error(f"ALLOWED_HOSTS lacks the host of PUBLIC_URL ({name}).", hint=hint, id="accounts.E047")]


def check_cache(**kwargs: object) -> list[CheckMessage]:
    """Warn of a cache that each process has for itself."""
    backend = str(settings.CACHES.get(DEFAULT_CACHE_ALIAS, {}).get("BACKEND", ""))
    if not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    hint = (
        'With several processes, share one: CACHES = {"default": {"BACKEND": "…RedisCache", "LOCATION": "redis://…"}}.'
    )
    message = "The default cache is of each process: each fetches the keys and documents of clients for itself."
    return [Warning(message, hint=hint, id="accounts.W041")]


def check_cors(**kwargs: object) -> list[CheckMessage]:
    """Warn of middleware of django-cors-headers that would answer for the server's endpoints."""
    classes = [each for each in map(import_string, settings.MIDDLEWARE) if isinstance(each, type)]
    if not any(issubclass(each, CorsMiddleware) for each in classes):
        return []
    pattern = cors_conf.CORS_URLS_REGEX
    if not any(_matches(pattern, each) for each in ADDRESSES[:3]):
        return []
    message = "CORS_URLS_REGEX includes the server's endpoints: clients that run in browsers are refused."
    return [Warning(message, hint=f"Leave them out: {CORS_LINE}.", id="accounts.W042")]


def _matches(pattern: Any, address: str) -> bool:
    return re.match(pattern, address) is not None


def check_tasks(**kwargs: object) -> list[CheckMessage]:
    """Warn of tasks that would run within the request that starts them."""
    if not (worker.is_offered() and isinstance(task_backends[DEFAULT_TASK_BACKEND_ALIAS], ImmediateBackend)):
        return []
    hint = f'Set TASKS = {{"default": {{"BACKEND": "{mcp_api}.extensions.tasks.backend.ServerProcesses"}}}}.'
    return [Warning("TASKS runs the tasks of tools within requests.", hint=hint, id="accounts.W043")]


def check_names(**kwargs: object) -> list[CheckMessage]:
    """Warn of settings that look like ours and that nothing reads."""
    names = sorted(name.removeprefix(PREFIX) for name in dir(settings) if name.startswith(PREFIX))
    unknown = [name for name in names if not hasattr(Settings, name)]
    return [_unknown_setting(name) for name in unknown]


def _unknown_setting(name: str) -> CheckMessage:
    close = get_close_matches(name, dir(Settings), n=1)
    hint = f"Did you mean {PREFIX}{close[0]}?" if close else "The manual has all settings (docs/settings.md)."
    return Warning(f"{PREFIX}{name} is not a setting of the server.", hint=hint, id="accounts.W044")


def connect() -> None:
    """Register the checks, in a site alone."""
    register(check_apps_and_toolkit, Tags.security)
    register(check_addresses, Tags.urls)
    register(check_sign_in_page, Tags.urls)
    register(check_middleware, Tags.security)
    register(check_templates, Tags.templates)
    register(check_host, Tags.security)
    register(check_cache, Tags.caches, deploy=True)
    register(check_cors, Tags.security)
    register(check_tasks, Tags.compatibility)
    register(check_names, Tags.compatibility)

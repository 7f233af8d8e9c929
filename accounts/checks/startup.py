"""Checks at the start of an application server, which runs none of Django's itself."""

from collections.abc import Callable, Iterable

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from accounts.checks import addresses, clients, environment, secret_keys, services


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured where a check of the settings finds an error, naming each error."""
    checks = (
        secret_keys.check_secret_key,
        secret_keys.check_former_secret_keys,
        addresses.check_public_url,
        addresses.check_debug_is_local,
        addresses.check_trusted_proxies,
        clients.check_private_schemes,
        clients.check_registration,
        addresses.check_hosts,
        environment.check_apps,
        environment.check_local_settings,
        environment.check_environment,
        services.check_single_sign_on,
        services.check_mail,
        services.check_log,
        services.check_days,
        services.check_traces,
        services.check_pool,
        clients.check_limits,
        clients.check_lifetimes,
    )
    refuse_to_start(checks)


def refuse_to_start(checks: Iterable[Callable[[], list[CheckMessage]]]) -> None:
    """Raise ImproperlyConfigured where one of `checks` finds an error, naming each error."""
    errors = [message for check in checks for message in check() if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(["This server is not ready to start.", *map(str, errors)]))

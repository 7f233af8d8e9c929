"""Checks of variables, files and apps that could not be read."""

from django.core.checks import CheckMessage, Error, register

from accounts.conf import conf


@register()
def check_apps(**kwargs: object) -> list[CheckMessage]:
    hint = "List apps or their AppConfigs, separated by commas, as in INSTALLED_APPS: library,shop.apps.ShopConfig."
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
    """Report variables with a value of the wrong type. Each has its default until it is corrected."""
    hint = "Correct it in the environment or in .env, or leave it out to have the default."
    return [Error(problem, hint=hint, id="accounts.E024") for problem in conf.ENV_PROBLEMS.values()]

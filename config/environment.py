"""Settings from the environment. Those that cannot be read are kept for a system check (accounts.E024)."""

import zoneinfo
from collections.abc import Collection
from functools import cache
from typing import Any

import environ

# Spellings of a boolean, besides numbers.
BOOLEANS = {*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", ""}
KINDS = {int: "a whole number", float: "a number", bool: "true or false"}
# A database whose every use is an error.
NO_DATABASE = {"ENGINE": "django.db.backends.dummy"}


class Environment(environ.Env):
    """Variables by type. One that cannot be read has its default, and a sentence in `problems` under its name."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: dict[str, str] = {}

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **options: Any) -> Any:
        """Return the value as environ does; an invalid number or boolean has its default."""
        try:
            value = super().get_value(var, cast, default, **options)
        except ValueError:
            return self._invalid(var, cast, default)
        if cast is bool and not is_boolean(self.ENVIRON.get(var, "")):
            return self._invalid(var, cast, default)
        return value

    def _invalid(self, name: str, cast: Any, default: Any) -> Any:
        self.problems[name] = f"{name}={self.ENVIRON.get(name, '')!r:.80} is not {KINDS.get(cast, 'readable')}."
        return default

    def time_zone(self, name: str, default: str) -> str:
        """Return the time zone in the variable `name`."""
        zone = str(self.str(name, default=default))
        # The look-up reads the whole IANA database, which takes time at each start.
        if zone == default or is_time_zone(zone):
            return zone
        self.problems[name] = f"{name}={zone!r:.80} is no time zone: write it like Europe/Berlin."
        return default

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return the variable `name` if it is one of `choices`."""
        value = str(self.str(name, default=default))
        if value in choices:
            return value
        self.problems[name] = f"{name}={value!r:.80} is none of {', '.join(choices)}."
        return default

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return the database of the URL in the variable `name`. Messages leave the URL out: it may have a password."""
        url = self.str(name, default=default)
        try:
            config = dict(self.db_url_config(url))
        except ValueError:
            config = {}
        if "." in config.get("ENGINE", ""):
            return config
        self.problems[name] = f"{name} cannot be read: write it like postgres://user:password@host/name."
        return dict(NO_DATABASE)


def is_time_zone(name: str) -> bool:
    """Return whether the IANA database has the time zone `name`, such as Europe/Berlin."""
    return name in _time_zones()


@cache
def _time_zones() -> set[str]:
    return zoneinfo.available_timezones()


def is_boolean(value: str) -> bool:
    return value.lower() in BOOLEANS or value.isdecimal() or value.startswith("$")

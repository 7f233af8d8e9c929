"""Reading of settings from the environment, which keeps what cannot be read for a system check (accounts.E024)."""

from typing import Any

import environ

# What a yes or a no may be written as, beside numbers.
YES_OR_NO = {*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", ""}
KINDS = {int: "a whole number", float: "a number", bool: "true or false"}
# A database that each use of is an error.
NO_DATABASE = {"ENGINE": "django.db.backends.dummy"}


class Environment(environ.Env):
    """Variables by type. One that cannot be read has its default, and a sentence in `problems`, by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: dict[str, str] = {}

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **options: Any) -> Any:
        """As environ's, but for numbers, and a yes or no, that are none."""
        try:
            value = super().get_value(var, cast, default, **options)
        except ValueError:
            return self._unread(var, cast, default)
        if cast is bool and not is_yes_or_no(self.ENVIRON.get(var, "")):
            return self._unread(var, cast, default)
        return value

    def _unread(self, name: str, cast: Any, default: Any) -> Any:
        self.problems[name] = f"{name}={self.ENVIRON.get(name, '')!r:.80} is not {KINDS.get(cast, 'readable')}."
        return default

    def database(self, name: str, default: str) -> dict[str, Any]:
        """The database at the URL that the variable `name` holds. The URL is never told, as it may have a password."""
        url = self.str(name, default=default)
        try:
            config = dict(self.db_url_config(url))
        except ValueError:
            config = {}
        if "." in config.get("ENGINE", ""):
            return config
        self.problems[name] = f"{name} cannot be read: write it like postgres://user:password@host/name."
        return dict(NO_DATABASE)


def is_yes_or_no(written: str) -> bool:
    return written.lower() in YES_OR_NO or written.isdecimal() or written.startswith("$")

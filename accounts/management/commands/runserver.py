import os
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV, BaseReloader, autoreload_started
from whitenoise.runserver_nostatic.management.commands.runserver import Command as WhiteNoiseRunserver

from accounts.conf import conf


class Command(WhiteNoiseRunserver):
    """Django's development server, where this project's clients expect it: http://localhost:9000.

    It stands on WhiteNoise's command, which finds the one of staticfiles in its turn: `accounts`
    comes before both in INSTALLED_APPS.
    """

    # "localhost" and not the address: clients compare the name, and people copy what is printed.
    default_addr = "localhost"
    default_port = "9000"

    def handle(self, *args: Any, **options: Any) -> None:
        autoreload_started.connect(watch_settings)
        super().handle(*args, **options)

    def run(self, **options: Any) -> None:
        """Raises CommandError where DEBUG is on and others than this machine would reach the server."""
        if settings.DEBUG and not is_of_this_machine(self.addr):
            raise CommandError(
                f"DEBUG is on, and {self.addr} is not an address of this machine alone. Leave it out; or, to let "
                "others reach the server, set DEBUG=false and run gunicorn (docs/deploy.md)."
            )
        if options["use_reloader"] and os.environ.get(DJANGO_AUTORELOAD_ENV) != "true":
            forget_env_file()
        super().run(**options)


def is_of_this_machine(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def forget_env_file() -> None:
    """Take what `.env` holds out of the environment, which the process that serves inherits from this one: it reads the
    file itself, each time that it starts. What is inherited would count more than what stands there by then.
    """
    for name in conf.ENV_FILE_NAMES:
        os.environ.pop(name, None)


def watch_settings(sender: BaseReloader, **kwargs: Any) -> None:
    """Start again when a setting changes: neither file is a module, which Django watches by itself."""
    sender.extra_files.update((conf.ENV_FILE, conf.LOCAL_SETTINGS))

import os
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV, BaseReloader, autoreload_started
from whitenoise.runserver_nostatic.management.commands.runserver import Command as WhiteNoiseRunserver

from accounts.conf import conf
from accounts.http.address import prefix


class Command(WhiteNoiseRunserver):
    """Django's development server, by default at http://localhost:9000.

    It extends WhiteNoise's command, which extends that of staticfiles: `accounts` comes before both in INSTALLED_APPS.
    """

    # "localhost", not the IP address: clients compare the name, and people copy the printed address.
    default_addr = "localhost"
    default_port = "9000"

    def handle(self, *args: Any, **options: Any) -> None:
        autoreload_started.connect(watch_settings)
        super().handle(*args, **options)

    def on_bind(self, server_port: int) -> None:
        super().on_bind(server_port)
        if prefix():
            # Django prints the address without the path.
            self.stdout.write(f"The server's address is {conf.PUBLIC_URL}")

    def run(self, **options: Any) -> None:
        """Run the server. Raises CommandError if DEBUG is on and other machines could reach it."""
        if settings.DEBUG and not is_of_this_machine(self.addr):
            raise CommandError(
                f"DEBUG is on, and other machines could reach {self.addr}. Leave the address out; or set DEBUG=false "
                "and run gunicorn (docs/deploy.md)."
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
    """Remove the variables of `.env` from the environment that the serving process inherits.

    That process reads the file at each start. An inherited variable would override a change of the file.
    """
    for name in conf.ENV_FILE_NAMES:
        os.environ.pop(name, None)


def watch_settings(sender: BaseReloader, **kwargs: Any) -> None:
    """Reload when a settings file changes: Django watches only modules, which these are not."""
    sender.extra_files.update((conf.ENV_FILE, conf.LOCAL_SETTINGS))

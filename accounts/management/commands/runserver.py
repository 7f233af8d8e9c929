from typing import Any

from django.conf import settings
from django.utils.autoreload import BaseReloader, autoreload_started
from whitenoise.runserver_nostatic.management.commands.runserver import Command as WhiteNoiseRunserver


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


def watch_settings(sender: BaseReloader, **kwargs: Any) -> None:
    """Start again when a setting changes: neither file is a module, which Django watches by itself."""
    sender.extra_files.update((settings.BASE_DIR / ".env", settings.LOCAL_SETTINGS))

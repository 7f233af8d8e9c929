from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from accounts.db.former_label import FORMER, LABEL, rename_former_label


class Command(Migrate):
    """Django's `migrate`, which first renames what versions until 0.3.0 made under another label."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if rename_former_label(connection) and options["verbosity"]:
            self.stdout.write(f"Renamed the tables of the app {FORMER} to those of {LABEL}.")
            if connection.vendor != "postgresql":
                self.stdout.write("Restart the server now: its processes do not find the tables any more.")
        super().handle(*args, **options)

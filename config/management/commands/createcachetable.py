from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Do nothing: `migrate` creates the cache's table, which belongs to a model (accounts.models.CacheEntry)."""

    help = "Do nothing: migrate creates the table of the cache."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("args", metavar="table_name", nargs="*")
        parser.add_argument("--database")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verbosity"] > 1:
            self.stdout.write(self.help)

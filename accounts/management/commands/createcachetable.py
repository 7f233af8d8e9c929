from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Does nothing: the cache's table is a model's, which `migrate` makes (accounts.models.CacheEntry)."""

    help = "Nothing to do here: the table of the cache is made by migrate."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("args", metavar="table_name", nargs="*")
        parser.add_argument("--database")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verbosity"] > 1:
            self.stdout.write(self.help)

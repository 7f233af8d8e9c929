from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.pruning import PRUNABLES, Prunable


class Command(BaseCommand):
    """Delete expired rows. Meant to run daily; safe beside live traffic, and to interrupt."""

    help = "Delete expired rows, events older than AUDIT_DAYS, and clients that were not used for CLIENT_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count the rows to delete.")

    def handle(self, *args: Any, **options: Any) -> None:
        for prunable in PRUNABLES:
            if options["dry_run"]:
                self.stdout.write(f"{prunable.name}: {prunable.count()} to delete")
            else:
                self._prune(prunable, verbose=options["verbosity"] > 1)

    def _prune(self, prunable: Prunable, *, verbose: bool) -> None:
        deleted = 0
        for batch in prunable.prune():
            deleted += batch
            if verbose:
                self.stdout.write(f"{prunable.name}: {deleted} …")
        self.stdout.write(f"{prunable.name}: {deleted} deleted")

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.pruning import RETENTION_RULES, RetentionRule
from accounts.revocation.inactive_people import authorizations_of_inactive_people, revoke_for_inactive_people


class Command(BaseCommand):
    """Delete expired rows, and revoke the access of suspended people.

    Meant to run daily; safe beside live traffic, and to interrupt.
    """

    help = "Delete expired rows, events older than AUDIT_DAYS, and clients that were not used for CLIENT_DAYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count the rows to delete.")

    def handle(self, *args: Any, **options: Any) -> None:
        self._revoke(dry_run=options["dry_run"])
        for rule in RETENTION_RULES:
            if options["dry_run"]:
                self.stdout.write(f"{rule.name}: {rule.count()} to delete")
            else:
                self._prune(rule, verbose=options["verbosity"] > 1)

    def _revoke(self, *, dry_run: bool) -> None:
        """Revoke the authorizations of suspended people, before the rules delete rows of theirs."""
        if dry_run:
            self.stdout.write(f"access of suspended people: {authorizations_of_inactive_people().count()} to revoke")
        else:
            self.stdout.write(f"access of suspended people: {revoke_for_inactive_people()} revoked")

    def _prune(self, rule: RetentionRule, *, verbose: bool) -> None:
        deleted = 0
        for batch in rule.prune():
            deleted += batch
            if verbose:
                self.stdout.write(f"{rule.name}: {deleted} …")
        self.stdout.write(f"{rule.name}: {deleted} deleted")

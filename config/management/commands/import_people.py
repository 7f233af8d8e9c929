import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.template.defaultfilters import pluralize

from accounts.people.importing import Importer, Report, UnreadableDump


class Command(BaseCommand):
    """Import people from another Django project and print a report."""

    help = (
        "Import people and groups from another Django project's dumpdata. Existing people and groups do not change. "
        "The exit status is 1 if a person in the file was skipped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="Output of `dumpdata --natural-foreign auth.group auth.user`; - for stdin.")
        parser.add_argument("--dry-run", action="store_true", help="Print what would be done, and change nothing.")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        records = read(file)
        with transaction.atomic():
            try:
                report = Importer(records).run()
            except UnreadableDump as error:
                raise CommandError(str(error)) from error
            transaction.set_rollback(dry_run)
        self.print_report(report, dry_run=dry_run)
        if report.people_skipped:
            sys.exit(1)

    def print_report(self, report: Report, *, dry_run: bool) -> None:
        for name, sentence in report.skipped + report.remarks:
            self.stdout.write(f"{name or '(no name)'}: {sentence}")
        if report.ignored_fields:
            named = ", ".join(sorted(report.ignored_fields))
            self.stdout.write(f"Ignored fields, which people do not have here: {named}.")
        people, groups = len(report.people), len(report.groups)
        done = "would be added" if dry_run else "added"
        self.stdout.write(
            f"{people} {pluralize(people, 'person,people')} and {groups} group{pluralize(groups)} {done}, "
            f"{len(report.skipped)} skipped."
        )


def read(file: str) -> Any:
    """Return the JSON value in `file`. Raises CommandError."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        records = json.loads(text)
        # Fails for lone surrogates, which no database stores.
        json.dumps(records, ensure_ascii=False).encode()
        return records
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file} is not valid JSON: {error}.") from error

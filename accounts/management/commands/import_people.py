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
    """Import people from another Django project, and say what was done."""

    help = (
        "Import people and groups from another Django project's dumpdata. Nobody who is here is changed. "
        "The exit status is 1 where somebody in the file was left out, or is here already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="What `dumpdata --natural-foreign auth.group auth.user` printed; - is stdin.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and change nothing.")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        records = read(file)
        with transaction.atomic():
            try:
                report = Importer(records).run()
            except UnreadableDump as error:
                raise CommandError(str(error)) from error
            transaction.set_rollback(dry_run)
        self.tell(report, dry_run=dry_run)
        if report.people_left_out:
            sys.exit(1)

    def tell(self, report: Report, *, dry_run: bool) -> None:
        for name, sentence in report.left_out + report.remarks:
            self.stdout.write(f"{name or '(no name)'}: {sentence}")
        if report.ignored_fields:
            named = ", ".join(sorted(report.ignored_fields))
            self.stdout.write(f"Left out, as people have no such field here: {named}.")
        people, groups = len(report.people), len(report.groups)
        done = "would be added" if dry_run else "added"
        self.stdout.write(
            f"{people} {pluralize(people, 'person,people')} and {groups} group{pluralize(groups)} {done}, "
            f"{len(report.left_out)} left as they are or out."
        )


def read(file: str) -> Any:
    """Raises CommandError."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        records = json.loads(text)
        # No database takes a lone surrogate.
        json.dumps(records, ensure_ascii=False).encode()
        return records
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{file} is not JSON that can be read: {error}.") from error

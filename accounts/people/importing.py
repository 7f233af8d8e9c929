"""Import of people and groups from another Django project's `dumpdata`. Existing people and groups do not change.

People are matched by username, groups by name and permissions by natural key: primary keys of another project
identify other rows here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import identify_hasher, is_password_usable, make_password
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware

from accounts.email import addresses as email_addresses
from accounts.email.spelling import canonical
from accounts.user_model import User

# The imported fields of a person, beside the name, the groups and the permissions.
TEXTS = ("password", "first_name", "last_name", "email")
FLAGS = ("is_active", "is_staff", "is_superuser")
TIMES = ("date_joined", "last_login")
IMPORTED = {"username", *TEXTS, *FLAGS, *TIMES, "is_service", "groups", "user_permissions"}

Record = dict[str, Any]


class UnreadableDump(ValueError):
    """The file is not a usable dump of people. The message says why."""


@dataclass
class Report:
    """The results of an import or a dry run."""

    people: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    # (username or group name, sentence) of those that were skipped.
    skipped: list[tuple[str, str]] = field(default_factory=list)
    # How many of the skipped ones are people.
    people_skipped: int = 0
    remarks: list[tuple[str, str]] = field(default_factory=list)
    ignored_fields: Counter[str] = field(default_factory=Counter)


class Importer:
    """Adds the people and groups of one dump. The caller opens the transaction."""

    def __init__(self, records: Any) -> None:
        """Raise UnreadableDump if `records` does not have the form that `dumpdata` writes."""
        if not isinstance(records, list) or not all(is_record(each) for each in records):
            raise UnreadableDump("The file is not a list of records, as `manage.py dumpdata` writes it.")
        self._groups = [each for each in records if each["model"].lower() == "auth.group"]
        self._people = [each for each in records if is_person(each)]
        for each in [*self._groups, *self._people]:
            require_lists(each)
        if not self._people:
            raise UnreadableDump("The file contains no people. Include auth.user, or your own user model, in the dump.")
        # A dump without --natural-foreign names groups by key.
        self._group_names = {
            each["pk"]: each["fields"].get("name") for each in self._groups if isinstance(each.get("pk"), int | str)
        }
        self.report = Report()

    def run(self) -> Report:
        """Add the people and groups that do not exist yet, and return the report."""
        for record in self._groups:
            self._add_group(record["fields"])
        for record in self._people:
            self._add_person(record["fields"])
        return self.report

    # --- Groups --------------------------------------------------------------------------------

    def _add_group(self, fields: Record) -> None:
        name = str(fields.get("name", "")).replace("\x00", "")[: Group._meta.get_field("name").max_length]
        group, created = Group.objects.get_or_create(name=name)
        if not created:
            self.report.skipped.append((name, "Skipped: a group of that name exists. Its permissions do not change."))
            return
        group.permissions.set(self._permissions(name, fields.get("permissions")))
        self.report.groups.append(name)

    def _permissions(self, owner: str, named: Any) -> Iterator[Permission]:
        for key in named or ():
            found = find_permission(key)
            if found is None:
                self.report.remarks.append(
                    (owner, f"The permission {key_text(key)} does not exist here, and was left out.")
                )
            else:
                yield found

    # --- People --------------------------------------------------------------------------------

    def _add_person(self, fields: Record) -> None:
        username = str(fields.get("username") or fields.get("email") or "")
        # Names that the database considers equal are refused too. PostgreSQL cannot store NUL.
        if User.objects.filter(username__iexact=username.replace("\x00", "")).exists():
            self._skip(username, "Skipped: a person of that name exists, and does not change.")
            return
        if fields.get("is_service"):
            self._skip(username, "Skipped: a service person. Add it in admin, and choose what acts as it.")
            return
        odd = [name for name in FLAGS if not isinstance(fields.get(name, False), bool)]
        if odd:
            # The text "false" would count as true, and could make the person a superuser.
            self._skip(username, f"Skipped: {', '.join(odd)} must be true or false in JSON.")
            return
        person = User(username=username, **field_values(fields))
        self._drop_taken_email(person)
        try:
            person.full_clean()
        except ValidationError as error:
            problems = "; ".join(f"{name}: {messages[0]}" for name, messages in error.message_dict.items())
            self._skip(username, f"Skipped: {problems}")
            return
        person.save()
        person.groups.set(self._groups_of(username, fields.get("groups")))
        person.user_permissions.set(self._permissions(username, fields.get("user_permissions")))
        self._remark(person, fields)
        self.report.people.append(username)

    def _skip(self, username: str, sentence: str) -> None:
        self.report.skipped.append((username, sentence))
        self.report.people_skipped += 1

    def _drop_taken_email(self, person: User) -> None:
        """Leave out an address that belongs to another person or has no canonical form."""
        problem = problem_of_email(person.email) if person.email else ""
        if problem:
            self.report.remarks.append((person.username, problem))
            person.email = ""

    def _groups_of(self, username: str, named: Any) -> Iterator[Group]:
        for key in named or ():
            group = Group.objects.filter(name=self._group_name(key)).first()
            if group is None:
                remark = f"The group {key_text(key)} exists neither here nor in the file, and was left out."
                self.report.remarks.append((username, remark))
            else:
                yield group

    def _group_name(self, key: Any) -> str:
        """Return the group's name for `key`, a natural key or a primary key in the file; empty for anything else."""
        if isinstance(key, list) and key:
            return str(key[0]).replace("\x00", "")
        return str(self._group_names.get(key) or "").replace("\x00", "") if isinstance(key, int | str) else ""

    def _remark(self, person: User, fields: Record) -> None:
        self.report.ignored_fields.update(set(fields) - IMPORTED)
        if person.is_superuser:
            self.report.remarks.append((person.username, "Is a superuser."))
        problem = problem_of_password(person.password)
        if problem:
            self.report.remarks.append((person.username, problem))


def is_record(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("model"), str) and isinstance(each.get("fields"), dict)


def is_person(record: Record) -> bool:
    """Return whether `record` is of a user model: one with a password and a username or email address."""
    return "password" in record["fields"] and bool({"username", "email"} & set(record["fields"]))


def require_lists(record: Record) -> None:
    """Raise UnreadableDump for a person or group whose groups or permissions are not a list."""
    fields = record["fields"]
    for name in ("groups", "user_permissions", "permissions"):
        if not isinstance(fields.get(name) or [], list):
            owner = str(fields.get("username") or fields.get("name"))[:80]
            raise UnreadableDump(f"{name} of {owner!r} is not a list, as `manage.py dumpdata` writes it.")


def field_values(fields: Record) -> Record:
    """Return the columns of a person in `fields`, except the username, as Python values."""
    # PostgreSQL cannot store NUL.
    values: Record = {name: str(fields[name] or "").replace("\x00", "") for name in TEXTS if name in fields}
    values["password"] = values["password"] or make_password(None)
    values |= {name: bool(fields[name]) for name in FLAGS if name in fields}
    values |= {name: moment for name in TIMES if (moment := parse_time(fields.get(name))) is not None}
    return values


def parse_time(written: Any) -> Any:
    try:
        moment = parse_datetime(str(written))
    except ValueError:
        return None
    return make_aware(moment) if moment is not None and is_naive(moment) else moment


def find_permission(key: Any) -> Permission | None:
    """Return the permission of a natural key (codename, app, model); None for any other key."""
    if not isinstance(key, list) or len(key) != len(("codename", "app", "model")):
        return None
    codename, app, model = (str(part).replace("\x00", "") for part in key)
    if (app, model) == ("auth", "user"):
        app = User._meta.app_label
    found = Permission.objects.filter(codename=codename, content_type__app_label=app, content_type__model=model)
    return found.first()


def problem_of_email(email: str) -> str:
    """Return why a person cannot have the address `email`, as a sentence; empty if they can."""
    taken = f"The address {email} belongs to another person, and was left out."
    try:
        email_addresses.check_is_free(canonical(email), for_user=None)
    except ValidationError as error:
        is_taken = "email" in getattr(error, "error_dict", ())
        return taken if is_taken else f"The address {email} was left out. {error.messages[0]}"
    return taken if email_addresses.people_with(email) else ""


def problem_of_password(encoded: str) -> str:
    """Return why nobody can sign in with the hash `encoded`, as a sentence; empty if they can."""
    if not is_password_usable(encoded):
        return "Has no password. Set one in admin, or send a link for a new password."
    try:
        identify_hasher(encoded)
    except ValueError:
        algorithm = encoded.split("$", 1)[0][:32]
        return f"The password is hashed by {algorithm}: add its hasher to PASSWORD_HASHERS, so that it can be checked."
    return ""


def key_text(key: Any) -> str:
    return ".".join(map(str, key)) if isinstance(key, list) else repr(key)

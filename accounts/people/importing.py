"""Import people and groups from another Django project's `dumpdata`, without touching who is here.

Nobody is matched by primary key, as those of another project mean somebody else here: people are matched by user
name, groups by name, permissions by their natural key.
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
from accounts.models import User

# What is taken of a person beside the name, the groups and the permissions.
TEXTS = ("password", "first_name", "last_name", "email")
FLAGS = ("is_active", "is_staff", "is_superuser")
TIMES = ("date_joined", "last_login")
TAKEN = {"username", *TEXTS, *FLAGS, *TIMES, "groups", "user_permissions"}

Record = dict[str, Any]


class UnreadableDump(ValueError):
    """A file that is no dump of people; its text says why."""


@dataclass
class Report:
    """What an import did, or would do."""

    people: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    # By user name or group name, with a sentence each.
    left_out: list[tuple[str, str]] = field(default_factory=list)
    # How many of those are people.
    people_left_out: int = 0
    remarks: list[tuple[str, str]] = field(default_factory=list)
    ignored_fields: Counter[str] = field(default_factory=Counter)


class Importer:
    """Adds the people and groups of one dump. To be called in a transaction."""

    def __init__(self, records: Any) -> None:
        """Raises UnreadableDump where `records` is not what `dumpdata` writes."""
        if not isinstance(records, list) or not all(is_record(each) for each in records):
            raise UnreadableDump("The file does not hold what `manage.py dumpdata` writes: a list of records.")
        self._groups = [each for each in records if each["model"].lower() == "auth.group"]
        self._people = [each for each in records if is_person(each)]
        for each in [*self._groups, *self._people]:
            require_lists(each)
        if not self._people:
            raise UnreadableDump("The file holds no people: dump auth.user, or your own user model, as well.")
        # A dump without --natural-foreign names groups by key.
        self._group_names = {
            each["pk"]: each["fields"].get("name") for each in self._groups if isinstance(each.get("pk"), int | str)
        }
        self.report = Report()

    def run(self) -> Report:
        """Add who is not here yet."""
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
            self.report.left_out.append((name, "A group of that name is here: its permissions stay as they are."))
            return
        group.permissions.set(self._permissions(name, fields.get("permissions")))
        self.report.groups.append(name)

    def _permissions(self, owner: str, named: Any) -> Iterator[Permission]:
        for key in named or ():
            found = find_permission(key)
            if found is None:
                self.report.remarks.append((owner, f"The permission {shown(key)} does not exist here: left out."))
            else:
                yield found

    # --- People --------------------------------------------------------------------------------

    def _add_person(self, fields: Record) -> None:
        username = str(fields.get("username") or fields.get("email") or "")
        # Another case, or a letter that the database takes for another, is refused too. PostgreSQL takes no NUL.
        if User.objects.filter(username__iexact=username.replace("\x00", "")).exists():
            self._leave_out(username, "Somebody of that name is here: they stay as they are.")
            return
        odd = [name for name in FLAGS if not isinstance(fields.get(name, False), bool)]
        if odd:
            # The text "false" would count as true, and make somebody a superuser.
            self._leave_out(username, f"Left out. {', '.join(odd)}: must be true or false, as JSON has them.")
            return
        person = User(username=username, **values_of(fields))
        self._drop_taken_email(person)
        try:
            person.full_clean()
        except ValidationError as error:
            problems = "; ".join(f"{at}: {said[0]}" for at, said in error.message_dict.items())
            self._leave_out(username, f"Left out. {problems}")
            return
        person.save()
        person.groups.set(self._groups_of(username, fields.get("groups")))
        person.user_permissions.set(self._permissions(username, fields.get("user_permissions")))
        self._remark(person, fields)
        self.report.people.append(username)

    def _leave_out(self, username: str, sentence: str) -> None:
        self.report.left_out.append((username, sentence))
        self.report.people_left_out += 1

    def _drop_taken_email(self, person: User) -> None:
        """Leave out an address that is somebody's here, or that nobody can enter."""
        problem = problem_of_email(person.email) if person.email else ""
        if problem:
            self.report.remarks.append((person.username, problem))
            person.email = ""

    def _groups_of(self, username: str, named: Any) -> Iterator[Group]:
        for key in named or ():
            group = Group.objects.filter(name=self._group_name(key)).first()
            if group is None:
                remark = f"The group {shown(key)} is neither here nor in the file: left out."
                self.report.remarks.append((username, remark))
            else:
                yield group

    def _group_name(self, key: Any) -> str:
        """The name of the group that `key` means: a natural key, or one of the file's own. Nothing for neither."""
        if isinstance(key, list) and key:
            return str(key[0]).replace("\x00", "")
        return str(self._group_names.get(key) or "").replace("\x00", "") if isinstance(key, int | str) else ""

    def _remark(self, person: User, fields: Record) -> None:
        self.report.ignored_fields.update(set(fields) - TAKEN)
        if person.is_superuser:
            self.report.remarks.append((person.username, "Is a superuser here too."))
        problem = problem_of_password(person.password)
        if problem:
            self.report.remarks.append((person.username, problem))


def is_record(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("model"), str) and isinstance(each.get("fields"), dict)


def is_person(record: Record) -> bool:
    """Whether `record` is of a user model: whichever the other project had, it has a password and a name."""
    return "password" in record["fields"] and bool({"username", "email"} & set(record["fields"]))


def require_lists(record: Record) -> None:
    """Raise UnreadableDump for a person or group whose groups or permissions are no list."""
    fields = record["fields"]
    for name in ("groups", "user_permissions", "permissions"):
        if not isinstance(fields.get(name) or [], list):
            whose = str(fields.get("username") or fields.get("name"))[:80]
            raise UnreadableDump(f"{name} of {whose!r} is no list, as `manage.py dumpdata` writes it.")


def values_of(fields: Record) -> Record:
    """The columns of a person that `fields` names, but for the name, in our types."""
    # PostgreSQL cannot store NUL.
    values: Record = {name: str(fields[name] or "").replace("\x00", "") for name in TEXTS if name in fields}
    values["password"] = values["password"] or make_password(None)
    values |= {name: bool(fields[name]) for name in FLAGS if name in fields}
    values |= {name: moment for name in TIMES if (moment := moment_of(fields.get(name))) is not None}
    return values


def moment_of(written: Any) -> Any:
    try:
        moment = parse_datetime(str(written))
    except ValueError:
        return None
    return make_aware(moment) if moment is not None and is_naive(moment) else moment


def find_permission(key: Any) -> Permission | None:
    """The permission of a natural key: its codename, app and model. Keys of another database mean nothing here."""
    if not isinstance(key, list) or len(key) != len(("codename", "app", "model")):
        return None
    codename, app, model = (str(part).replace("\x00", "") for part in key)
    if (app, model) == ("auth", "user"):
        app = User._meta.app_label
    found = Permission.objects.filter(codename=codename, content_type__app_label=app, content_type__model=model)
    return found.first()


def problem_of_email(email: str) -> str:
    """Return a sentence where a person cannot be added with that address; else nothing."""
    taken = f"the address {email} belongs to somebody here: it is left out."
    try:
        email_addresses.check_is_free(canonical(email), for_user=None)
    except ValidationError as error:
        is_taken = "email" in getattr(error, "error_dict", ())
        return taken if is_taken else f"the address {email} is left out. {error.messages[0]}"
    return taken if email_addresses.people_with(email) else ""


def problem_of_password(encoded: str) -> str:
    """A sentence where nobody can sign in with that hash here; else nothing."""
    if not is_password_usable(encoded):
        return "Has no password: give them one, or let them set it by mail."
    try:
        identify_hasher(encoded)
    except ValueError:
        algorithm = encoded.split("$", 1)[0][:32]
        return f"Their password is hashed by {algorithm}: add its hasher to PASSWORD_HASHERS, so that they can sign in."
    return ""


def shown(key: Any) -> str:
    return ".".join(map(str, key)) if isinstance(key, list) else repr(key)

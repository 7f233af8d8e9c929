"""`manage.py import_people`: existing people stay unchanged, and others are added as they were exported."""

import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.support.factories import make_authorization, make_client, make_user

pytestmark = pytest.mark.django_db

HASH = PBKDF2PasswordHasher().encode("the old password", "salt", iterations=1)


def person(name: str, pk: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a person in the format of `dumpdata`."""
    known: dict[str, Any] = {
        "password": HASH,
        "last_login": None,
        "is_superuser": False,
        "username": name,
        "first_name": "",
        "last_name": "",
        "email": "",
        "is_staff": False,
        "is_active": True,
        "date_joined": "2020-02-02T10:00:00Z",
        "groups": [],
        "user_permissions": [],
    }
    return {"model": "auth.user", "pk": pk, "fields": known | fields}


def group(name: str, pk: int = 1, permissions: Any = ()) -> dict[str, Any]:
    return {"model": "auth.group", "pk": pk, "fields": {"name": name, "permissions": list(permissions)}}


def bring(tmp_path: Path, *records: Any, dry_run: bool = False) -> str:
    """Import `records`, and return the output of the command."""
    file, output = tmp_path / "people.json", StringIO()
    file.write_text(json.dumps(records))
    # A test below covers the exit status.
    with suppress(SystemExit):
        call_command("import_people", str(file), dry_run=dry_run, stdout=output)
    return output.getvalue()


def test_person_with_the_primary_key_of_an_existing_person_is_added_with_another(tmp_path: Path) -> None:
    here = make_user("admin", is_superuser=True, is_staff=True)
    authorization = make_authorization(here, make_client())
    said = bring(tmp_path, person("ada", pk=here.pk))
    here.refresh_from_db()
    authorization.refresh_from_db()
    assert (here.username, here.is_superuser, authorization.consent.user) == ("admin", True, here)
    assert User.objects.get(username="ada").pk != here.pk
    assert "1 person and 0 groups added" in said


@pytest.mark.parametrize("name", ["ada", "Ada"])
def test_existing_person_of_that_name_stays_unchanged_and_is_reported(tmp_path: Path, name: str) -> None:
    here = make_user("ada", first_name="Here")
    said = bring(tmp_path, person(name, first_name="There", is_superuser=True))
    here.refresh_from_db()
    assert (here.first_name, here.is_superuser, User.objects.count()) == ("Here", False, 1)
    assert f"{name}: Skipped: a person of that name exists" in said


def test_everything_about_a_person_is_kept(tmp_path: Path) -> None:
    said = bring(tmp_path, person("ada", first_name="Ada", is_staff=True, is_active=False, is_superuser=True))
    ada = User.objects.get(username="ada")
    assert (ada.first_name, ada.is_staff, ada.is_active) == ("Ada", True, False)
    assert ada.date_joined.isoformat() == "2020-02-02T10:00:00+00:00"
    assert ada.check_password("the old password")
    assert "ada: Is a superuser." in said


@pytest.mark.parametrize("by_key", [True, False], ids=["by key", "by name"])
def test_groups_are_matched_by_name(tmp_path: Path, by_key: bool) -> None:
    """The key of the group in the file is that of another group here."""
    other = Group.objects.create(name="other")
    key = other.pk if by_key else ["readers"]
    permission = ["view_client", "oauth_mcp", "client"]
    said = bring(
        tmp_path,
        group("readers", pk=other.pk, permissions=[permission, ["fly", "birds", "bird"]]),
        person("ada", groups=[key]),
    )
    readers = Group.objects.get(name="readers")
    assert list(User.objects.get(username="ada").groups.all()) == [readers]
    assert [each.codename for each in readers.permissions.all()] == ["view_client"]
    assert not other.permissions.exists()
    assert "readers: The permission fly.birds.bird does not exist here" in said


def test_group_of_that_name_keeps_its_permissions(tmp_path: Path) -> None:
    readers = Group.objects.create(name="readers")
    said = bring(
        tmp_path,
        group("readers", permissions=[["view_client", "oauth_mcp", "client"]]),
        person("ada", groups=[["readers"]]),
    )
    assert not readers.permissions.exists()
    assert User.objects.get(username="ada").groups.get() == readers
    assert "readers: Skipped: a group of that name exists" in said


def test_their_permission_on_people_is_one_on_people_here(tmp_path: Path) -> None:
    bring(tmp_path, person("ada", user_permissions=[["view_user", "auth", "user"]]))
    assert User.objects.get(username="ada").has_perm("oauth_mcp.view_user")


def test_address_of_an_existing_person_is_left_out(tmp_path: Path) -> None:
    make_user("eve", email="ada@example.com")
    said = bring(tmp_path, person("ada", email="Ada@example.com"))
    assert User.objects.get(username="ada").email == ""
    assert "ada: The address Ada@example.com belongs to another person, and was left out." in said


def test_dry_run_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    records = group("readers"), person("ada", groups=[["readers"]])
    said = bring(tmp_path, *records, dry_run=True)
    assert not User.objects.exists()
    assert not Group.objects.filter(name="readers").exists()
    assert "1 person and 1 group would be added" in said
    assert bring(tmp_path, *records) == said.replace("would be added", "added")


def test_second_import_adds_nobody(tmp_path: Path) -> None:
    records = group("readers"), person("ada", groups=[["readers"]])
    bring(tmp_path, *records)
    assert "0 people and 0 groups added, 2 skipped" in bring(tmp_path, *records)


def test_custom_user_model_is_read_and_its_extra_fields_are_named(tmp_path: Path) -> None:
    fields = {"email": "ada@example.com", "password": HASH, "phone": "555", "department": 3}
    said = bring(tmp_path, {"model": "people.member", "pk": "a-uuid", "fields": fields})
    assert User.objects.get(username="ada@example.com").check_password("the old password")
    assert "do not have here: department, phone" in said


@pytest.mark.parametrize(
    ("encoded", "said"),
    [
        ("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", "hashed by argon2: add its hasher to PASSWORD_HASHERS"),
        ("!unusable", "Has no password"),
        ("", "Has no password"),
    ],
)
def test_unusable_password_is_reported(tmp_path: Path, encoded: str, said: str) -> None:
    assert said in bring(tmp_path, person("ada", password=encoded))
    assert not User.objects.get(username="ada").check_password("")


@pytest.mark.parametrize(
    "fields",
    [
        {"username": ""},
        {"username": "x" * 151},
        {"username": "a\x00b"},
        {"first_name": "x" * 151},
        {"password": "x" * 129},
        {"email": "no address"},
    ],
)
def test_person_who_cannot_be_here_is_left_out_and_the_others_are_added(tmp_path: Path, fields: Any) -> None:
    assert "1 person and 0 groups added, 1 skipped" in bring(tmp_path, person("ada"), person("eve", **fields))


@pytest.mark.parametrize("flag", ["is_superuser", "is_staff", "is_active"])
@pytest.mark.parametrize("value", ["false", "true", 0, None])
def test_flag_that_is_neither_true_nor_false_does_not_make_a_superuser(tmp_path: Path, flag: str, value: Any) -> None:
    said = bring(tmp_path, person("ada"), person("eve", **{flag: value}))
    assert f"eve: Skipped: {flag} must be true or false" in said
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(("name", "code"), [("ada", 1), ("", 1), ("eve", None)], ids=["here", "left out", "added"])
def test_exit_status_shows_whether_people_were_left_out(
    tmp_path: Path, name: str, code: int | None, dry_run: bool
) -> None:
    make_user("ada")
    file = tmp_path / "people.json"
    file.write_text(json.dumps([person(name)]))
    ended = None
    try:
        call_command("import_people", str(file), dry_run=dry_run, stdout=StringIO())
    except SystemExit as error:
        ended = error.code
    assert ended == code


@pytest.mark.parametrize(
    "records",
    [
        [person("ada", groups="readers")],
        [person("ada", groups=7)],
        [person("ada", user_permissions={"a": 1})],
        [person("ada"), group("readers") | {"fields": {"name": "readers", "permissions": True}}],
        [person("\ud800")],
    ],
)
def test_dump_of_an_odd_form_is_refused_in_a_sentence(tmp_path: Path, records: Any) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps(records))
    with pytest.raises(CommandError):
        call_command("import_people", str(file))
    assert not User.objects.exists()


def test_odd_keys_of_groups_are_reported_and_the_person_is_added(tmp_path: Path) -> None:
    odd = [{"a": 1}, [["x"]], [], 1.5, "a\x00b"]
    said = bring(tmp_path, group("readers") | {"pk": [1]}, person("ada", groups=odd, user_permissions=odd))
    assert "1 person and 1 group added" in said
    assert said.count("neither here nor in the file") == len(odd)


@pytest.mark.parametrize("odd", [{"last_login": "yesterday"}, {"first_name": "a\x00b"}, {"groups": [7, None, ["x"]]}])
def test_odd_value_does_not_keep_a_person_out(tmp_path: Path, odd: Any) -> None:
    assert "1 person and 0 groups added" in bring(tmp_path, person("ada", **odd))


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"model": "auth.user"}]', "[]", '["auth.user"]'])
def test_file_that_is_not_a_dump_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.json"
    file.write_text(text)
    with pytest.raises(CommandError):
        call_command("import_people", str(file))


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_people", str(tmp_path / "nothing.json"))

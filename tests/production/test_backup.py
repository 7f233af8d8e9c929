"""docs/backup.md, done: what was lost is back, and what was revoked since the backup does not work again."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.support.database import Database, Template, manage
from tests.support.servers.python_process import PROJECT

MAKE = """
from allauth.mfa.totp.internal.auth import TOTP
from tests.support.factories import make_authorization, make_client, make_tokens
demo = User.objects.get(username="demo")
TOTP.activate(demo, "JBSWY3DPEHPK3PXP")
make_tokens(make_authorization(demo, make_client()))
print("made")
"""
LOSE = """
User.objects.all().delete()
Client.objects.all().delete()
"""
ASK = """
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from accounts.models import AccessToken, Authorization
print(get_adapter().decrypt(Authenticator.objects.get(user__username="demo").data["secret"]))
print(User.objects.get(username="demo").check_password("demo123"), AccessToken.objects.count())
print(Authorization.objects.live().count())
"""


def blocks(heading: str) -> list[str]:
    """The commands below `heading`, a block each."""
    page = (PROJECT / "docs" / "backup.md").read_text()
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def run(commands: str, database: Database, folder: Path) -> None:
    """Run `commands` where the database's address stands in `.env` alone, but for this project's own commands."""
    (folder / ".env").write_text(f"DATABASE_URL={database.url}\n")
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    env.pop("DATABASE_URL", None)
    if "manage.py" in commands:
        env["DATABASE_URL"] = database.url
    commands = commands.replace("python ", f'"{sys.executable}" ').replace("manage.py", f'"{PROJECT / "manage.py"}"')
    done = subprocess.run(["sh", "-ec", commands], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if "not found" in done.stderr:
        missing(done.stderr.strip())
    assert not done.returncode, f"{commands}\n{done.stdout}{done.stderr}"


@pytest.fixture
def database(template: Template) -> Iterator[Database]:
    copy = Database(template.database)
    yield copy
    copy.drop()


def test_what_was_lost_is_back_and_nothing_revoked_works_again(database: Database, tmp_path: Path) -> None:
    backup, restore = blocks("PostgreSQL" if database.cluster else "SQLite")
    [after] = blocks("After a restore")
    folder = Path(database.folder or tmp_path)
    manage("shell", "-c", MAKE, database=database)
    before = manage("shell", "-v", "0", "-c", ASK, database=database).split()
    assert before == ["JBSWY3DPEHPK3PXP", "True", "1", "1"]
    run(backup, database, folder)
    manage("shell", "-c", LOSE, database=database)
    run(restore, database, folder)
    assert manage("shell", "-v", "0", "-c", ASK, database=database).split() == before
    run(after.replace("python manage.py check --deploy\n", ""), database, folder)
    assert manage("shell", "-v", "0", "-c", ASK, database=database).split() == [*before[:-1], "0"]


def test_second_factors_are_lost_without_their_key(database: Database) -> None:
    manage("shell", "-c", MAKE, database=database)
    other = {"SECRET_KEY": "another-key-of-at-least-fifty-characters-0123456789-abc"}
    with pytest.raises(RuntimeError, match="InvalidToken"):
        manage("shell", "-c", ASK, database=database, env=other)
    fallback = other | {"SECRET_KEY_FALLBACKS": os.environ["SECRET_KEY"]}
    assert "JBSWY3DPEHPK3PXP" in manage("shell", "-v", "0", "-c", ASK, database=database, env=fallback)

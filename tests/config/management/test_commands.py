"""seed_demo and runserver."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command, load_command_class
from django.core.management.commands.runserver import Command as DjangoRunserver
from pytest_django import Settings

from accounts.models import User


def seed() -> str:
    output = StringIO()
    call_command("seed_demo", stdout=output)
    return output.getvalue()


@pytest.fixture
def debug(settings: Settings) -> None:
    settings.DEBUG = True


@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_seed_demo_makes_an_ordinary_person_and_a_superuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "chosen by the operator")

    output = seed()

    demo, admin = User.objects.get(username="demo"), User.objects.get(username="admin")
    assert demo.check_password("demo123")
    assert (demo.is_staff, demo.is_superuser) == (False, False)
    assert admin.check_password("chosen by the operator")
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert "chosen by the operator" not in output


@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_seed_demo_draws_a_password_for_admin_and_prints_it_once() -> None:
    first, second = seed(), seed()

    admin = User.objects.get(username="admin")
    assert any(admin.check_password(word) for word in first.split())
    assert not any(admin.check_password(word) for word in second.split())


@pytest.mark.django_db
@pytest.mark.usefixtures("debug")
def test_seed_demo_leaves_existing_people_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    seed()
    for username in ("demo", "admin"):
        person = User.objects.get(username=username)
        person.set_password("another")
        person.save()
    monkeypatch.setenv("ADMIN_PASSWORD", "too late")

    seed()

    assert User.objects.count() == 2
    assert all(person.check_password("another") for person in User.objects.all())


@pytest.mark.django_db
def test_seed_demo_is_refused_in_production() -> None:
    with pytest.raises(CommandError, match="DEBUG=true"):
        seed()
    assert not User.objects.exists()


def test_runserver_serves_on_localhost_9000(monkeypatch: pytest.MonkeyPatch) -> None:
    assert served_at(monkeypatch) == ("localhost", "9000")


def test_runserver_listens_on_the_given_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert served_at(monkeypatch, "9001") == ("localhost", "9001")
    assert served_at(monkeypatch, "127.0.0.1:9002") == ("127.0.0.1", "9002")


def served_at(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[str, str]:
    """Return the address that `manage.py runserver` would listen on; the server itself is replaced."""
    monkeypatch.setattr(DjangoRunserver, "run", lambda *args, **kwargs: None)
    command: Any = load_command_class("config", "runserver")
    call_command(command, *arguments)
    return command.addr, command.port

"""The scope catalogue, and how requested scopes are narrowed."""

import pytest

from accounts import scopes
from accounts.models import Client


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of the catalogue, which a test may change."""
    monkeypatch.setattr(scopes, "_catalogue", dict(scopes._catalogue))


def test_read_is_the_default_and_write_the_other() -> None:
    assert scopes.DEFAULT == "read"
    assert scopes.names(of_resource_only=True) == ["read", "write"]


def test_offline_access_is_the_authorization_servers_own() -> None:
    """The resource does not list it, because clients request each scope that they see."""
    assert scopes.names() == ["read", "write", "offline_access"]


def test_every_scope_is_described_in_words() -> None:
    assert all(scope.description and "`" not in scope.description for scope in scopes.describe(scopes.names()))


@pytest.mark.usefixtures("catalogue")
def test_an_app_may_declare_a_scope_of_its_own() -> None:
    scopes.declare("calendar", "See your appointments")
    assert scopes.names(of_resource_only=True) == ["read", "write", "calendar"]
    assert scopes.narrow(["calendar"]) == ["calendar"]
    assert [scope.description for scope in scopes.describe(["calendar"])] == ["See your appointments"]


@pytest.mark.parametrize(
    ("asked", "registered", "narrowed"),
    [
        (["read"], "", ["read"]),
        (["write"], "read", ["write"]),
        (["write", "read"], "read", ["write", "read"]),
        (["read", "read"], "", ["read"]),
        (["read", "admin"], "", ["read"]),
        ([], "", ["read"]),
        ([], "write", ["write"]),
        ([], "admin", ["read"]),
        (["admin"], "read write", ["read", "write"]),
        (["offline_access"], "", ["read", "offline_access"]),
        (["offline_access"], "write", ["write", "offline_access"]),
        (["offline_access"], "write offline_access", ["write", "offline_access"]),
        (["READ"], "write", ["write"]),
    ],
)
def test_scopes_are_narrowed_and_never_refused(asked: list[str], registered: str, narrowed: list[str]) -> None:
    assert scopes.narrow(asked, Client(scope=registered)) == narrowed


def test_without_a_client_the_default_is_left() -> None:
    assert scopes.narrow(["admin"]) == ["read"]


def test_a_person_is_asked_only_for_what_concerns_the_resource() -> None:
    assert scopes.of_resource(["offline_access", "write", "read"]) == ["write", "read"]

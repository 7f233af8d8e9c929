"""The hash of a client's name, which each way of saving it keeps up to date."""

import pytest

from tests.support.factories import make_client

pytestmark = pytest.mark.django_db


def test_it_follows_the_name() -> None:
    client, other = make_client(name="Claude"), make_client(name="CLAUDE")
    assert client.name_key == other.name_key != ""
    other.name = "Cursor"
    other.save(update_fields=["name"])
    other.refresh_from_db()
    assert other.name_key != client.name_key


def test_a_name_without_letters_has_none() -> None:
    assert [make_client(name=name).name_key for name in ("", "…", "🤖")] == ["", "", ""]

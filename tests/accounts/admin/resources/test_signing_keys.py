"""Admin of signing keys: a list without private keys, and the button that rotates them."""

import pytest
from django.test import Client as Browser

from accounts.models import Event, SigningKey
from accounts.signing import keys
from tests.support.admin.pages import confirmed
from tests.support.admin.staff import staff_with
from tests.support.factories import make_user
from tests.support.flows import sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/oauth_mcp/signingkey/"


@pytest.fixture
def operator(db: None) -> Browser:
    return sign_in(make_user("root", is_staff=True, is_superuser=True))


def test_the_list_shows_each_key_with_its_state(operator: Browser) -> None:
    former = keys.current()
    keys.rotate(at_once=True)
    keys.rotate()
    page = operator.get(LIST).text
    assert [page.count(f"state-{state}") for state in ("waiting", "active", "former")] == [1, 1, 1]
    assert former.private_key not in page + operator.get(f"{LIST}{former.pk}/change/").text


def test_no_key_is_added_changed_or_deleted_by_hand(operator: Browser) -> None:
    key = keys.current()
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.post(f"{LIST}{key.pk}/change/", {"kid": "x"}).status_code == 403


def test_the_button_of_the_active_key_rotates_it(operator: Browser) -> None:
    key = keys.current()
    assert "act/rotate/" in operator.get(f"{LIST}{key.pk}/change/").text
    page = confirmed(operator, f"{LIST}{key.pk}/act/rotate/").text
    assert "The new key is published" in page
    new = SigningKey.objects.latest("generation")
    assert "act/rotate/" not in operator.get(f"{LIST}{new.pk}/change/").text
    assert Event.objects.filter(action="changed signing key", detail__startswith=str(new)).count() == 1
    assert "published already" in confirmed(operator, f"{LIST}{key.pk}/act/rotate/").text
    assert SigningKey.objects.count() == 2


def test_those_who_may_only_see_keys_cannot_rotate_them() -> None:
    key = keys.current()
    staff = staff_with("view_signingkey")
    assert "act/rotate/" not in staff.get(f"{LIST}{key.pk}/change/").text
    assert staff.post(f"{LIST}{key.pk}/act/rotate/").status_code == 403
    assert SigningKey.objects.count() == 1

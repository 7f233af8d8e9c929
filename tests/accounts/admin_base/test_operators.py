"""Links in admin lead only to pages that the operator may open, and looking at a row does not change it."""

import pytest

from accounts.admin_base.links import link_to, link_to_list, related
from accounts.admin_base.operators import OPERATOR, may_view
from accounts.models import Authorization, Event, User
from tests.library.models import Book
from tests.support.admin.staff import person_with
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def seen_by(operator: User | None) -> Event:
    event = Event(kind="mcp")
    if operator is not None:
        setattr(event, OPERATOR, operator)
    return event


@pytest.mark.parametrize("permission", ["view_user", "change_user"])
def test_row_is_linked_for_those_who_may_view_it(permission: str) -> None:
    ada = make_user("ada")
    assert str(link_to(ada, on=seen_by(person_with(permission)))).startswith("<a href=")
    assert link_to(ada, on=seen_by(person_with("view_event"))) == "ada"
    assert link_to(ada, on=seen_by(None)) == "ada"


def test_list_is_linked_for_those_who_may_view_it() -> None:
    linked = link_to_list(Authorization, "3", on=seen_by(person_with("view_authorization")), person=7)
    assert linked == '<a href="/admin/oauth_mcp/authorization/?person=7">3</a>'
    assert link_to_list(Authorization, "3", on=seen_by(person_with("delete_authorization"))) == "3"


def test_column_of_an_empty_foreign_key_is_a_dash() -> None:
    assert related("source_refresh_token")(None, type("Row", (), {"source_refresh_token": None})()) == "-"


def test_name_in_a_link_is_escaped() -> None:
    operator = person_with("view_user")
    assert "<b>" not in link_to(make_user("<b>"), on=seen_by(operator))


def test_operator_of_a_row_is_no_field_of_any_model() -> None:
    event = seen_by(make_user())
    assert not may_view(event, User)
    assert OPERATOR.startswith("_")
    assert OPERATOR not in {field.name for model in (Book, Event, User) for field in model._meta.get_fields()}

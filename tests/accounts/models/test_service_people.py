"""Service people: by a column of this project's model, and by a row of their own for any other."""

import pytest
from django.db import connection

from accounts.models import ServicePerson, User, is_service, person_condition, service_condition
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def test_service_person_is_marked_in_its_own_row() -> None:
    robot, ada = make_user("robot", is_service=True), make_user("ada")
    assert (is_service(robot), is_service(ada)) == (True, False)
    assert list(User.objects.filter(service_condition())) == [robot]
    assert list(User.objects.filter(person_condition())) == [ada]


def test_service_person_of_another_model_is_marked_by_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    robot, ada = make_user("robot"), make_user("ada")
    ServicePerson.objects.create(user=robot)
    monkeypatch.setattr("accounts.models.people.has_own_model", lambda: False)
    assert (is_service(robot), is_service(ada)) == (True, False)
    assert list(User.objects.filter(service_condition())) == [robot]
    assert list(User.objects.filter(person_condition())) == [ada]


def test_event_outlives_its_person_whose_key_has_no_constraint() -> None:
    """So that the column is the one of the versions that had no relation."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "oauth_mcp_event").values()
    of_person = [each for each in constraints if each["columns"] and each["columns"][0] == "user_id"]
    assert [(each["foreign_key"], each["index"], each["columns"]) for each in of_person] == [
        (None, True, ["user_id", "id"])
    ]

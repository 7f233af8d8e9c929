"""The pages of people in admin: add a person, suspend a person."""

import pytest

from accounts.models import User
from tests.support.admin.pages import is_live, url

pytestmark = pytest.mark.django_db


class TestPeople:
    def test_a_person_is_added_with_a_password(self, admin_client):
        data = {"username": "grace", "password1": "a tall ship and a star", "password2": "a tall ship and a star"}
        admin_client.post(url("user_add"), {**data, "usable_password": "true"})
        assert User.objects.get(username="grace").check_password("a tall ship and a star")

    def test_a_suspended_person_loses_access(self, admin_client, authorization):
        person = authorization.consent.user
        admin_client.post(url("user_change", person.pk), {"username": "ada"})
        person.refresh_from_db()
        assert not person.is_active
        assert not is_live(authorization)

"""`manage.py prune` revokes the access of people who were suspended by a statement that sends no signal."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import QuerySet

from accounts.models import Authorization, Event, User
from tests.support.factories import make_authorization, make_client, make_user

pytestmark = pytest.mark.django_db


def set_active(person: User, active: bool) -> None:
    """Write `is_active` as the query set of another user model does: without a revocation."""
    QuerySet(User).filter(pk=person.pk).update(is_active=active)


def prune(**options: bool) -> str:
    output = StringIO()
    call_command("prune", stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def suspended() -> Authorization:
    authorization = make_authorization(make_user("ada"), make_client())
    set_active(authorization.consent.user, active=False)
    authorization.refresh_from_db()
    assert authorization.revoked_at is None
    return authorization


def test_access_does_not_come_back_after_a_bulk_reactivation(suspended: Authorization) -> None:
    assert "access of suspended people: 1 revoked" in prune()
    set_active(suspended.consent.user, active=True)
    suspended.refresh_from_db()
    assert suspended.revoked_at is not None
    assert Event.objects.get(kind=Event.Kind.REVOCATION).reason == "person_suspended"


def test_a_dry_run_only_counts(suspended: Authorization) -> None:
    assert "access of suspended people: 1 to revoke" in prune(dry_run=True)
    suspended.refresh_from_db()
    assert suspended.revoked_at is None


def test_active_people_keep_their_access() -> None:
    authorization = make_authorization(make_user("ada"), make_client())
    assert "access of suspended people: 0 revoked" in prune()
    authorization.refresh_from_db()
    assert authorization.revoked_at is None

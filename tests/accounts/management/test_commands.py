"""revoke_all."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Authorization, Event
from tests.support.factories import make_authorization, make_client, make_user


@pytest.mark.django_db
def test_revoke_all_ends_every_authorization_once_it_is_confirmed() -> None:
    authorizations = [make_authorization(make_user(), make_client()) for _ in range(2)]
    with pytest.raises(CommandError, match="would revoke 2 authorizations"):
        call_command("revoke_all")
    assert all(Authorization.objects.get(pk=each.pk).is_live for each in authorizations)
    output = StringIO()
    call_command("revoke_all", yes=True, stdout=output)
    assert output.getvalue() == "2 authorizations revoked\n"
    assert not Authorization.objects.live().exists()
    assert list(Event.objects.values_list("reason", flat=True)) == ["all_revoked"] * 2

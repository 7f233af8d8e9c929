"""An exchange that has begun is committed before the operator's end of it takes effect, which then finds its token."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.crypto.token_values import checksum
from accounts.grants.exchange import exchanged
from accounts.models import AllowedExchange, Authorization
from accounts.protected_resources.ending import switch_off
from accounts.revocation import superseded_tokens
from accounts.revocation.authorizations import revoke
from tests.support.oauth.exchanges import LEDGER, exchange
from tests.support.oauth.machines import make_machine
from tests.support.oauth.protected_resources import BILLING, Asker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres_only]


ENDS: dict[str, Callable[[AllowedExchange], object]] = {
    "the permission is deleted": lambda allowed: allowed.delete(),
    "the server that calls is switched off": lambda allowed: switch_off(allowed.source),
    "the other server is switched off": lambda allowed: switch_off(allowed.target),
    "the server that calls is deleted": lambda allowed: allowed.source.delete(),
    "the other server is deleted": lambda allowed: allowed.target.delete(),
    "access is revoked": lambda _: revoke(Authorization.objects.filter(exchanged_from=None), reason="operator"),
}


@pytest.mark.parametrize("what", ENDS)
def test_end_waits_for_an_exchange_that_has_begun(
    received: str, billing: Asker, allowed: AllowedExchange, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    begun, may_end, authorize = Signal(), Signal(), exchanged.authorize

    def slowly(*arguments: object) -> Authorization:
        begun.set()
        assert may_end.wait(30)
        return authorize(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exchanged, "authorize", slowly)
    with ThreadPoolExecutor(2) as pool:
        response = pool.submit(closing, lambda: exchange(billing, received).status_code)
        assert begun.wait(30)
        end: Future[object] = pool.submit(closing, lambda: ENDS[what](allowed))
        with pytest.raises(TimeoutError):
            end.result(0.5)
        may_end.set()
        assert response.result(30) == 200
        end.result(30)
    assert Authorization.objects.filter(resource=LEDGER).count() == 1
    assert not Authorization.objects.live().filter(resource=LEDGER).exists()


def closing(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connection.close()


def test_exchange_waits_for_pruning_and_gets_a_new_authorization(
    received: str, billing: Asker, allowed: AllowedExchange
) -> None:
    exchange(billing, received)
    pruned = Authorization.objects.filter(resource=LEDGER)
    pruned.update(expires_at=timezone.now())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            before = list(pruned.select_for_update().values_list("pk", flat=True))
            response = pool.submit(closing, lambda: exchange(billing, received).status_code)
            with pytest.raises(TimeoutError):
                response.result(0.5)
            pruned.delete()
        assert response.result(30) == 200
    assert pruned.live().exclude(pk__in=before).count() == 1


def test_exchange_in_a_race_with_the_revocation_of_its_token_alone_issues_nothing(
    allowed: AllowedExchange, billing: Asker
) -> None:
    machine = make_machine(scope="read write", resources=BILLING)
    received = machine.token(resource=BILLING)["access_token"]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert superseded_tokens.revoke(checksum(received), machine.row)
            response = pool.submit(closing, lambda: exchange(billing, received).json()["error"])
            with pytest.raises(TimeoutError):
                response.result(0.5)
        assert response.result(30) == "invalid_request"
    assert not Authorization.objects.filter(resource=LEDGER).exists()

"""Limits on the number of fetches at a time, of one host and of one requester."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from accounts import fetching
from accounts.fetching import exchange, pending_fetches
from accounts.fetching.concurrency import ConcurrencyLimit
from tests.support.documents import DocumentServer
from tests.support.fetching import GENEROUS, URL, eventually, fetch, fetch_all


def test_hanging_hosts_leave_slots_to_others(documents: DocumentServer) -> None:
    documents.documents[URL] = {"a": 1}
    hanging = [f"https://{name}.hanging.example/{path}" for name in "abcdefgh" for path in range(4)]
    with ThreadPoolExecutor(len(hanging)) as pool:
        results = [pool.submit(fetch, url, str(number)) for number, url in enumerate(hanging)]
        assert eventually(lambda: pending_fetches.slots._count == pending_fetches.SLOTS_OF_DOMAIN)
        assert fetch(URL) == {"a": 1}
    ended = [result.result() for result in results]
    assert ended.count(fetching.Unavailable) == pending_fetches.SLOTS_OF_DOMAIN
    assert ended.count(pending_fetches.Busy) == len(hanging) - pending_fetches.SLOTS_OF_DOMAIN


def test_a_host_takes_few_slots_and_another_of_its_ports_none_of_them(documents: DocumentServer) -> None:
    limit = ConcurrencyLimit(10)

    def take(url: str, requester: str) -> bool:
        return limit.acquire(pending_fetches.slot_groups(exchange.Exchange(url), requester))

    assert [take("https://app.example:8443/client.json", each) for each in "abc"] == [True, True, False]
    assert [take(URL, each) for each in "def"] == [True, True, False]


def test_one_requester_takes_few_slots() -> None:
    limit = ConcurrencyLimit(100)
    groups = [pending_fetches.slot_groups(exchange.Exchange(f"https://{each}.example/c"), "a") for each in "abcdefgh"]
    assert [limit.acquire(each) for each in groups].count(True) == pending_fetches.SLOTS_OF_REQUESTER


def test_one_requester_can_fill_neither_a_host_nor_a_domain() -> None:
    limit = ConcurrencyLimit(100)
    hosts = [f"{each}.shared.example" for each in "aaabbbccc"]
    taken = [limit.acquire(pending_fetches.slot_groups(exchange.Exchange(f"https://{each}/c"), "a")) for each in hosts]
    assert taken.count(True) == pending_fetches.SLOTS_OF_REQUESTER < pending_fetches.SLOTS_OF_DOMAIN
    assert taken[:3].count(True) < pending_fetches.SLOTS_OF_HOST
    for host in ("a.shared.example", "d.shared.example"):
        assert limit.acquire(pending_fetches.slot_groups(exchange.Exchange(f"https://{host}/c"), "b"))


def test_limits_keep_nothing_of_finished_fetches() -> None:
    limit = ConcurrencyLimit(2)
    for number in range(10):
        with limit.slot({f"host {number}": 1}) as has_place:
            assert has_place
    assert not limit._taken


def test_requests_for_one_address_share_one_fetch(documents: DocumentServer) -> None:
    assert fetch_all(["https://a.hanging.example/silent"] * 20) == [fetching.Unavailable] * 20
    assert len(documents.asked) == 1


def test_few_requests_wait_and_the_others_are_refused_at_once(documents: DocumentServer, waiters: Any) -> None:
    waiters(4)
    began = time.monotonic()
    results = fetch_all([f"https://{name}.hanging.example/silent" for name in "abcdefghij"])
    assert results.count(fetching.Unavailable) == 2
    assert results.count(pending_fetches.Busy) == 8
    assert time.monotonic() - began < GENEROUS


def test_hanging_hosts_of_one_requester_leave_room_for_others_to_wait(documents: DocumentServer, waiters: Any) -> None:
    waiters(4)
    documents.documents[URL] = {"a": 1}
    hanging = [f"https://{name}.hanging.example/silent" for name in "abcdef"]
    with ThreadPoolExecutor(len(hanging)) as pool:
        results = [pool.submit(fetch, url, "a stranger") for url in hanging]
        assert eventually(lambda: pending_fetches.waiting()._count == 2)
        assert fetch(URL) == {"a": 1}
    assert [result.result() for result in results].count(fetching.Unavailable) == 2

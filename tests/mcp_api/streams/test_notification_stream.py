"""Streams of notifications: their order, their bounds, and other work beside them."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest

from accounts.resource_server.bearer import Principal
from mcp_api.pubsub import broker, delivery
from mcp_api.streams import notification_stream
from mcp_api.streams.notification_stream import MOST_BEHIND, NotificationStream
from mcp_api.streams.open_streams import most_of_one
from mcp_api.streams.queue import MOST_WAITING
from mcp_api.streams.sse import End

URI = "news://today"
pytestmark = pytest.mark.django_db(transaction=True)


class Listener(NotificationStream):
    """A stream of one resource, read with the token of that key. It waits for `waits_for`, if that is given."""

    def __init__(self, token: int = 1, waits_for: threading.Event | None = None) -> None:
        principal: Any = SimpleNamespace(user=SimpleNamespace(pk=1), token_id=token, endpoint="")
        super().__init__(HttpRequest(), principal)
        self.waits_for = waits_for

    def send(self, number: int, body: Any) -> None:
        if self.waits_for is not None:
            self.waits_for.wait(30)
        if self.may_still_read(URI):
            self.queue.put(number)


def everything_sent() -> None:
    delivery._executor.submit(lambda: None).result(30)


def test_one_look_for_each_token_and_uri_of_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def read(listener: NotificationStream) -> Principal:
        looks.append(listener.principal.token_id)
        return listener.principal

    monkeypatch.setattr(NotificationStream, "principal_now", read)
    monkeypatch.setattr(notification_stream, "may_read", lambda principal, uri: True)
    listeners = [Listener(token) for token in (1, 2) for _ in range(50)]
    for each in listeners:
        each.begin_with(())
    for number in (7, 8):
        for each in listeners:
            each.arrived(number, {})
    everything_sent()
    assert looks == [1, 2, 1, 2]
    assert {tuple(listener.queue.take(0) for _ in range(2)) for listener in listeners} == {(7, 8)}


def test_answers_do_not_wait_for_listeners() -> None:
    may_be_sent, answered, reader = threading.Event(), threading.Event(), broker.Reader()
    listener = Listener(waits_for=may_be_sent)
    listener.begin_with(())
    reader.subscribe("changes", listener.arrived)
    reader.subscribe("session:1", lambda number, body: answered.set())

    def deliver() -> None:
        reader.deliver("changes", 1, {})
        reader.deliver("session:1", 2, {})

    mail = threading.Thread(target=deliver)
    try:
        mail.start()
        assert answered.wait(5)
    finally:
        may_be_sent.set()
        mail.join()
        everything_sent()


def test_listener_that_does_not_keep_up_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotificationStream, "_is_still_admitted", lambda listener, uri: True)
    listener = Listener()
    listener.begin_with(())
    for number in range(MOST_WAITING + 100):
        listener.arrived(number, {})
        everything_sent()
    told = [listener.queue.take(0) for _ in range(MOST_WAITING + 2)]
    assert told[:MOST_WAITING] == list(range(MOST_WAITING))
    assert isinstance(told[MOST_WAITING], End)
    assert told[MOST_WAITING + 1] is None


def test_queue_of_a_listener_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NotificationStream, "_is_still_admitted", lambda listener, uri: True)
    may_be_sent = threading.Event()
    listener = Listener(waits_for=may_be_sent)
    listener.begin_with(())
    for number in range(MOST_BEHIND * 2):
        listener.arrived(number, {})
    assert delivery._executor._work_queue.qsize() <= MOST_BEHIND
    assert isinstance(listener.queue.take(0), End)
    may_be_sent.set()
    everything_sent()


class Watcher(Listener):
    """A stream of changes that needs one notification for each URI."""

    def key_of(self, body: Any) -> Any:
        return body["uri"]

    def send(self, number: int, body: Any) -> None:
        if self.waits_for is not None:
            self.waits_for.wait(30)
        self.queue.put_notice(body["uri"], (number, body["uri"]))


def taken(listener: NotificationStream) -> list[Any]:
    return list(iter(lambda: listener.queue.take(0), None))


def test_many_changes_of_one_resource_end_nobodys_stream() -> None:
    may_be_sent = threading.Event()
    listener = Watcher(waits_for=may_be_sent)
    listener.begin_with(())
    for number in range(MOST_BEHIND * 4):
        listener.arrived(number, {"uri": f"news://{number % 3}"})
    may_be_sent.set()
    everything_sent()
    told = taken(listener)
    # The first was being sent when the next arrived.
    assert sorted({uri for _, uri in told}) == ["news://0", "news://1", "news://2"]
    assert len(told) == 3


def test_slow_reader_is_notified_once_of_many_changes_of_one_resource() -> None:
    listener = Watcher()
    listener.begin_with(())
    for number in range(MOST_WAITING * 2):
        listener.arrived(number, {"uri": URI})
        everything_sent()
    assert taken(listener) == [(0, URI)]
    listener.arrived(7000, {"uri": URI})
    everything_sent()
    assert taken(listener) == [(7000, URI)]


def test_change_during_the_replay_is_not_left_out_for_an_earlier_one() -> None:
    listener = Watcher()

    def past() -> Any:
        listener.arrived(1, {"uri": URI})
        yield 1, {"uri": URI}
        # It was sent, and read, before the next change.
        assert taken(listener) == [(1, URI)]
        listener.arrived(2, {"uri": URI})
        everything_sent()

    listener.begin_with(past())
    everything_sent()
    assert taken(listener) == [(2, URI)]


def test_change_that_arrives_while_another_is_sent_is_sent_too() -> None:
    may_be_sent, is_being_told = threading.Event(), threading.Event()
    listener = Watcher(waits_for=may_be_sent)
    listener.begin_with(())
    send = listener.send

    def telling_one(number: int, body: Any) -> None:
        is_being_told.set()
        send(number, body)
        if number == 1:
            assert listener.queue.take(0) == (1, URI)

    listener.send = telling_one  # type: ignore[method-assign]
    listener.arrived(1, {"uri": URI})
    assert is_being_told.wait(5)
    listener.arrived(2, {"uri": URI})
    may_be_sent.set()
    everything_sent()
    assert taken(listener) == [(2, URI)]


@pytest.mark.parametrize(("most", "of_one"), [(1, 1), (4, 2), (8, 4), (32, 16), (1000, 125)])
def test_one_person_has_an_eighth_of_many_streams_and_half_of_few(most: int, of_one: int) -> None:
    assert most_of_one(most) == of_one

"""The bounds on unsent answers, with real sockets whose clients read nothing."""

import asyncio
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from config.server import client_socket, loop_unsent
from config.server.client_socket import ClientSocket, Unsent
from config.server.loop_unsent import UnsentResponse, UnsentResponses, content_length

GENEROUS_SECONDS = 20
MEGABYTE = b"x" * 1_000_000


class Pairs:
    """Connections of one process with their clients."""

    def __init__(self, threads: int = 4) -> None:
        self.watched: list[ClientSocket] = []
        self.shared = Unsent(threads, self.watched.append)
        self.clients: list[socket.socket] = []
        self.sockets: list[ClientSocket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))

    def make(self) -> ClientSocket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(self.listener.getsockname())
        client.settimeout(GENEROUS_SECONDS)
        self.clients.append(client)
        accepted, _ = self.listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        self.sockets.append(ClientSocket(accepted, self.shared))
        return self.sockets[-1]


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    made = Pairs()
    yield made
    for sock in [*made.clients, *made.sockets, made.listener]:
        sock.close()


def write(sock: ClientSocket, pieces: int) -> threading.Thread:
    """A thread that writes so many megabytes, until its connection is ended."""

    def run() -> None:
        try:
            for _ in range(pieces):
                sock.sendall(MEGABYTE)
        except ConnectionResetError:
            return

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def waits(sock: ClientSocket) -> bool:
    return sock in sock.shared.waiting


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_is_sent_later_is_what_was_written(pairs: Pairs) -> None:
    sock = pairs.make()
    written = b"0123456789" * 60_000
    sock.sendall(written[:7])
    assert sock.sendfile(io.BytesIO(written), 7, 500_000) == 500_000
    sock.sendall(written[500_007:])
    assert pairs.watched == [sock]
    read = b""
    while len(read) < len(written):
        sock.flush()
        read += pairs.clients[0].recv(65_536)
    assert read == written
    assert pairs.shared.octets == 0


def test_the_largest_unsent_answer_is_ended_beyond_the_bound_of_a_process(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_socket, "MOST_UNSENT", 2_500_000)
    small, large = pairs.make(), pairs.make()
    small.sendall(MEGABYTE)
    large.sendall(MEGABYTE * 2)
    assert (small.is_ended, large.is_ended) == (False, True)
    assert pairs.shared.octets == len(small.unsent)
    with pytest.raises(ConnectionResetError):
        large.sendall(b"more")


def test_no_more_than_half_of_the_threads_wait_for_clients(pairs: Pairs) -> None:
    sockets = [pairs.make() for _ in range(3)]
    threads = []
    for sock in sockets:
        threads.append(write(sock, 5))
        wait_until(partial(waits, sock))
    wait_until(lambda: not threads[0].is_alive())
    assert [sock.is_ended for sock in sockets] == [True, False, False]
    assert [*pairs.shared.waiting] == sockets[1:]
    for sock in sockets:
        with pairs.shared.lock:
            sock.end()
    for thread in threads:
        thread.join(GENEROUS_SECONDS)


def test_a_thread_waits_for_a_client_only_so_long(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_socket, "WAIT_SECONDS", 0.1)
    sock = pairs.make()
    write(sock, 5).join(GENEROUS_SECONDS)
    assert sock.is_ended


def test_a_client_that_takes_nothing_is_idle_and_one_that_takes_some_is_not(pairs: Pairs) -> None:
    sock = pairs.make()
    sock.sendall(MEGABYTE)
    later = time.monotonic() + client_socket.IDLE_SECONDS + 1
    sock.is_idle(time.monotonic())
    assert sock.is_idle(later)
    pairs.clients[0].recv(65_536)
    sock.flush()
    wait_until(lambda: not sock.is_idle(later))


def test_the_loop_counts_the_length_that_an_answer_states() -> None:
    assert content_length([(b"Content-Type", b"text/plain"), (b"Content-Length", b"325171")]) == 325_171
    assert content_length([(b"content-length", b"odd")]) == content_length([]) == 0


class Reader(asyncio.Protocol):
    """A connection of the loop on which a megabyte is written."""

    def __init__(self, answers: UnsentResponses) -> None:
        self.answers = answers
        self.is_lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        transport.write(MEGABYTE)

    def pause_writing(self) -> None:
        self.answers.add(self, UnsentResponse(self.transport, 0))

    def resume_writing(self) -> None:
        self.answers.remove(self)

    def give_up(self) -> None:
        self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self.answers.remove(self)
        self.is_lost.set()


async def lost(number: int) -> tuple[list[bool], int]:
    """Return which connections were closed, some time after nobody read their responses."""
    answers, made = UnsentResponses(), []

    def make() -> Reader:
        made.append(Reader(answers))
        return made[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    clients = []
    for _ in range(number):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(server.sockets[0].getsockname())
        clients.append(client)
        await asyncio.sleep(0.2)
    await asyncio.wait_for(made[0].is_lost.wait(), GENEROUS_SECONDS)
    were_lost, octets = [reader.is_lost.is_set() for reader in made], answers.octets
    for reader in made:
        reader.transport.abort()
    server.close()
    for client in clients:
        client.close()
    return were_lost, octets


def test_the_loop_ends_the_connection_with_the_largest_unsent_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_unsent, "MOST_UNSENT", 1_500_000)
    were_lost, octets = asyncio.run(lost(2))
    assert were_lost.count(False) == 1
    assert 0 < octets <= 1_500_000


def test_the_loop_ends_a_connection_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_unsent, "IDLE_SECONDS", 0.5)
    assert asyncio.run(lost(1)) == ([True], 0)

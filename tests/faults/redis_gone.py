"""Redis goes away under load, and comes back: nobody notices, as the database counts what each may do meanwhile."""

import shutil
import time
from collections.abc import Callable
from itertools import cycle, islice

from redis import Redis

from tests.faults.load import PEOPLE, Load, interrupted, unlimited
from tests.faults.report import Lacking, Report
from tests.streams.wire import Wire
from tests.support.database import Template
from tests.support.oauth.token_requests import at_once
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.server import WORKER, LiveServer

PAUSE_SECONDS = 2
# A limit of a tool is counted call by call. It is on, and never reached.
GENEROUS = "Policy.objects.create(kind='tool', name='echo', calls_per_minute=1_000_000)"
NOTICED = "the database takes its place"
CALLS = 20


def redis_gone(template: Template, times: int, people: int = PEOPLE, worker: str = WORKER) -> Report:
    """Killed, the next time made to hang, and so on. Raises Lacking where there is no Redis."""
    if shutil.which("redis-server") is None:
        raise Lacking("Redis is not installed.")
    with (
        RedisServer() as redis,
        LiveServer(template, **unlimited(worker, REDIS_URL=redis.url)) as server,
    ):
        server.shell(GENEROUS)
        outage = Outage(redis, server)
        load = Load(server, people)
        report = interrupted(load, f"Redis gone {times} times under load", lambda load: outage.again(load, times))
        unexpected = load.ledger.unexpected(interrupted=False)
        report.must(not unexpected, f"nobody notices: {unexpected}")
        report.must(outage.each_is_counted(), "afterwards Redis counts each call, whichever process answers it")
        return report


class Outage:
    """Of one Redis that one server counts on."""

    def __init__(self, redis: RedisServer, server: LiveServer) -> None:
        self.redis, self.server = redis, server

    def again(self, load: Load, times: int) -> dict[str, object]:
        """So many times."""
        meanwhile = sum(self.once(load, go) for go in islice(cycle((self.redis.stop, self.redis.hang)), times))
        [(there,)] = self.server.database.rows("SELECT count(*) FROM oauth_mcp_allowance WHERE name LIKE 'tool %'")
        assert there, "the database counts no call"
        return {"times that Redis was gone": times, "calls answered meanwhile": meanwhile}

    def once(self, load: Load, go: Callable[[], None]) -> int:
        """Return the number of calls that are answered meanwhile.

        Raises AssertionError if there is none, or if none is counted on Redis afterwards.
        """
        noticed = self.server.log.count(NOTICED)
        go()
        assert until(lambda: self.server.log.count(NOTICED) > noticed), "nobody misses Redis"
        before = load.ledger.answers["call", "200"]
        load.measured(PAUSE_SECONDS)
        meanwhile = load.ledger.answers["call", "200"] - before
        assert meanwhile, "no call is answered without Redis"
        self.redis.start()
        counted = self.counted()
        assert until(lambda: self.counted() > counted), "Redis is left alone for good"
        return meanwhile

    def counted(self) -> int:
        """Return the number of calls that Redis has counted, of all people together."""
        with Redis.from_url(self.redis.url) as asking:
            return sum(int(asking.llen(key)) for key in asking.scan_iter("*tool*person*"))

    def each_is_counted(self) -> bool:
        """Return whether it counts each of many calls at once. A process may need a moment to find Redis again."""
        call = Wire(self.server).tool("echo", text="a")

        def all_of_them() -> bool:
            before = self.counted()
            answers = at_once(CALLS, lambda client: client.post(self.server.mcp_url, **call))
            return {answer.status_code for answer in answers} == {200} and self.counted() == before + CALLS

        return until(all_of_them)


def until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Return whether it does, in time."""
    end = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held

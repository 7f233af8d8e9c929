"""Answers that clients got during a load, to be compared with the database afterwards."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import strip_tags

from accounts.crypto.token_values import checksum
from tests.faults.report import Report
from tests.support.servers.server import LiveServer

# What a client that lost the server is told: to come back.
LATER = 503
# What may happen to any request while something is away.
INTERRUPTED = {"200", "503", "dropped"}
# A refresh that is repeated, as its answer was dropped, may come too late to be answered alike.
TOO_LATE = ("refresh", "400")
BATCH = 500


@dataclass
class Ledger:
    """`answers` counts (what was done, how it was answered); `calls` are the ids of requests that were acknowledged."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    # What the last of them that is neither success nor an interruption said.
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    # Each token that was given out, by what it was given for: a refresh may be repeated, and is answered alike.
    issued: dict[str, set[str]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    defects: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, what: str, status: int | str, text: str = "") -> None:
        with self._lock:
            self.answers[what, str(status)] += 1
            if str(status) not in INTERRUPTED:
                self.said[what, str(status)] = " ".join(strip_tags(text).split())[:300]
            if isinstance(status, int) and status >= 500 and status != LATER:
                self.defects.append(f"{what}: {status} {text[:300]}")

    def gave(self, token: str, presented: str) -> None:
        with self._lock:
            self.issued.setdefault(token, set()).add(presented)

    def is_wrong(self, what: str, why: str) -> None:
        """Return whether the answer is wrong, for any status."""
        with self._lock:
            self.defects.append(f"{what}: {why[:300]}")

    def count(self, status: str) -> int:
        return sum(count for (_, answered), count in list(self.answers.items()) if answered == status)

    def unexpected(self, *, interrupted: bool) -> list[str]:
        """Return the answers that no fault explains: without a fault, all but success."""
        explained = INTERRUPTED if interrupted else {"200"}
        told = {answer for answer in self.answers if answer[1] not in explained}
        if interrupted:
            told.discard(TOO_LATE)
        return sorted(f"{' '.join(answer)} {self.said.get(answer, '')}".strip() for answer in told)

    def report(self, name: str, server: LiveServer) -> Report:
        """The figures, and the rules that hold under every load."""
        report = Report(name)
        for what in sorted({what for what, _ in self.answers}):
            told = {status: count for (kind, status), count in self.answers.items() if kind == what}
            report.figures[what] = ", ".join(f"{status} × {count}" for status, count in sorted(told.items()))
        lost = len(self.calls) - known(server, "oauth_mcp_event", "request_id", self.calls)
        report.figures["acknowledged calls, of which lost"] = f"{len(self.calls)}, {lost}"
        report.must(lost == 0, "every acknowledged call has its audit row")
        tokens = {checksum(token) for token in self.issued}
        lost = len(tokens) - known(server, "oauth_mcp_accesstoken", "token_checksum", tokens)
        report.figures["acknowledged tokens, of which lost"] = f"{len(tokens)}, {lost}"
        report.must(lost == 0, "every token that was given out is known")
        report.must(all(len(uses) == 1 for uses in self.issued.values()), "no token is issued twice")
        alive = still_alive(server, {checksum(token) for token in self.revoked})
        report.figures["acknowledged revocations, of which lost"] = f"{len(self.revoked)}, {alive}"
        report.must(alive == 0, "what was revoked stays revoked")
        report.must(redeemed_twice(server) == 0, "no code is redeemed twice")
        report.must(not self.defects, f"no answer is a defect: {self.defects[:3]}")
        return report


def known(server: LiveServer, table: str, column: str, values: Iterable[str]) -> int:
    """Return how many of `values` the table holds."""
    return sum(
        server.database.rows(f"SELECT count(DISTINCT {column}) FROM {table} WHERE {column} IN ({each})")[0][0]  # noqa: S608 - our own values
        for each in batches(values)
    )


def still_alive(server: LiveServer, checksums: Iterable[str]) -> int:
    return sum(
        server.database.rows(
            "SELECT count(*) FROM oauth_mcp_accesstoken t JOIN oauth_mcp_authorization a ON a.id = t.authorization_id "  # noqa: S608 - our own values
            f"WHERE a.revoked_at IS NULL AND t.token_checksum IN ({each})"
        )[0][0]
        for each in batches(checksums)
    )


def redeemed_twice(server: LiveServer) -> int:
    """Each code has an authorization of its own: how many have two tokens that no refresh brought?"""
    firsts = (
        "SELECT authorization_id FROM oauth_mcp_accesstoken WHERE source_refresh_token_id IS NULL "
        "GROUP BY authorization_id HAVING count(*) > 1"
    )
    return int(server.database.rows(f"SELECT count(*) FROM ({firsts}) AS twice")[0][0])  # noqa: S608 - a text of ours


def batches(values: Iterable[str]) -> list[str]:
    """As SQL writes them, so many at a time."""
    quoted = [f"'{value}'" for value in values]
    return [", ".join(quoted[start : start + BATCH]) for start in range(0, len(quoted), BATCH)]

"""A load on one address, by wrk: as many requests as a server answers, over connections that are kept."""

import json
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CONNECTIONS = 16
# How the body begins that is sent; each request has an id of its own in its place, as a session's requests must.
FIRST_ID = '"id": 1'
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Run:
    """Requests a second, the milliseconds within which 50 and 99 of 100 were answered, and the number of requests.

    `processor` is the processor time of the server for one request, in microseconds, where it was measured.
    """

    rate: float
    p50: float = math.nan
    p99: float = math.nan
    requests: int = 0
    processor: float = math.nan


@dataclass(frozen=True, slots=True)
class Load:
    """A request that is sent repeatedly. wrk sends so many that the server is the bottleneck.

    `each` is of headers that each request has a value of its own for: the files with one on each line.
    """

    url: str
    body: str
    headers: Mapping[str, str]
    each: Mapping[str, Path] = field(default_factory=dict)

    def run(self, seconds: float, connections: int = CONNECTIONS) -> Run:
        """Raise RuntimeError where a request was not answered with 2xx, or none was answered at all."""
        with self.started(seconds, connections) as process:
            printed, _ = process.communicate()
        if process.returncode or "Non-2xx" in printed or "Socket errors" in printed:
            raise RuntimeError(f"{self.url} failed:\n{self.body}\n{printed}")
        return Run(rate(printed), percentile(printed, 50), percentile(printed, 99), requests(printed))

    @contextmanager
    def started(self, seconds: float, connections: int) -> Iterator["subprocess.Popen[str]"]:
        """Begin a load, and wait for its end."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(self._script())
            script.flush()
            options = ["-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", "30s", "--latency"]
            command = [wrk(), *options, "-s", script.name, self.url]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
                yield process

    def _script(self) -> str:
        before, after = self.body.split(FIRST_ID)
        return "\n".join(
            [
                'wrk.method = "POST"',
                *(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in self.headers.items()),
                "local id, values = 1, {}",
                *(line for name, path in self.each.items() for line in _values(json.dumps(name), path)),
                "request = function()",
                "  id = id + 1",
                "  for name, lines in pairs(values) do wrk.headers[name] = lines[id] end",
                f"  return wrk.format(nil, nil, nil, {json.dumps(before)} .. '\"id\": ' .. id .. {json.dumps(after)})",
                "end",
            ]
        )


def _values(name: str, path: Path) -> list[str]:
    """Return the lines of a script that read the values of a header."""
    read = f"for line in io.lines({json.dumps(str(path))}) do table.insert(values[{name}], line) end"
    return [f"values[{name}] = {{}}", read]


def rate(printed: str) -> float:
    found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert found, printed
    return float(found[1])


def requests(printed: str) -> int:
    found = re.search(r"(\d+) requests in", printed)
    assert found, printed
    return int(found[1])


def percentile(printed: str, percent: int) -> float:
    """The milliseconds that wrk printed for so many of a hundred; without end where it saw no answer."""
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)\s*$", printed, re.MULTILINE)
    assert found, printed
    return float(found[1]) * UNITS[found[2]] or math.inf


def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("The benchmarks need wrk, an HTTP load generator (Debian, Ubuntu: apt install wrk).")
    return str(Path(found))

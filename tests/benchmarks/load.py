"""A load on one address, by wrk: as many requests as a server answers, over connections that are kept."""

import json
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, again and again. wrk takes hundreds of thousands a second: the server is what is measured."""

    url: str
    body: str
    headers: Mapping[str, str]

    def run(self, seconds: float, connections: int = CONNECTIONS) -> float:
        """Requests a second. Raises RuntimeError where a single one of them was not answered with 2xx."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(self._script())
            script.flush()
            command = [
                wrk(),
                "-t1",
                f"-c{connections}",
                f"-d{math.ceil(seconds)}s",
                "--timeout",
                "30s",
                "-s",
                script.name,
                self.url,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        printed = done.stdout + done.stderr
        if done.returncode or "Non-2xx" in printed or "Socket errors" in printed:
            raise RuntimeError(f"{self.url} failed:\n{printed}")
        found = re.search(r"Requests/sec:\s+([\d.]+)", printed)
        assert found, printed
        return float(found[1])

    def _script(self) -> str:
        lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(self.body)}"]
        return "\n".join(
            [*lines, *(f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in self.headers.items())]
        )


def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("The benchmarks need wrk, an HTTP load generator (Debian, Ubuntu: apt install wrk).")
    return str(Path(found))

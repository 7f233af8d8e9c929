"""Run a command on a PostgreSQL of its own: `python -m tests.support.postgres -- python -m pytest`.

With `--durable` before the `--` each commit reaches the disk first, as in production: for measuring.

A temporary cluster is made, started on a free loopback port, named to the command in DATABASE_URL
and TEST_DATABASE_URL, stopped and removed. Where PostgreSQL is not installed the command does not
run: that counts as success, but as failure where CI=true.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

STOP_SECONDS = 30
NEEDED = ("initdb", "postgres")

# The data is thrown away at the end: nothing has to survive a power cut.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def main(arguments: Sequence[str]) -> int:
    """Run the command after `--` and return its exit status."""
    durable = arguments[:1] == ["--durable"]
    arguments = arguments[durable:]
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not command:
        print(__doc__)
        return 2
    binaries = find_binaries()
    if binaries is None:
        return report_missing()
    signal.signal(signal.SIGTERM, _exit_in_order)
    with Cluster(binaries, () if durable else CARELESS) as running:
        env = {**os.environ, "DATABASE_URL": running.url, "TEST_DATABASE_URL": running.url}
        return subprocess.run(command, env=env, check=False).returncode


def find_binaries() -> Path | None:
    """The folder of PostgreSQL's server programs: by pg_config, on PATH, or where Debian keeps them."""
    for folder in _candidates():
        if all(os.access(folder / program, os.X_OK) for program in NEEDED):
            return folder
    return None


def report_missing() -> int:
    """Say that nothing ran, and whether that is a failure."""
    print("PostgreSQL is not installed (neither pg_config, PATH nor /usr/lib/postgresql has initdb): not run.")
    if os.environ.get("CI") == "true":
        print("CI=true: nothing may be missing. Failing.")
        return 1
    return 0


class Cluster:
    """A running cluster with `further` settings, whose `url` is that of its `postgres` database. It can be stopped, and
    started again with what it holds; it is gone when the block ends.
    """

    def __init__(self, binaries: Path, further: Sequence[str] = CARELESS) -> None:
        self._binaries = binaries
        self._further = further
        self._folder = Path(tempfile.mkdtemp(prefix="mcp-postgres-"))
        self._account = unprivileged_account()
        self._port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start the server. After a crash that may take several attempts: the last of its processes, which hold its
        memory, are still ending. Raises RuntimeError.
        """
        log, deadline = self._folder / "log", time.monotonic() + PATIENCE_SECONDS
        settings = [f"port={self._port}", *self._further]
        while time.monotonic() < deadline:
            self._server = _start(self._binaries, self._folder, settings, self._account, log)
            if _is_ready(self._server, log, deadline):
                return
            self.stop()
            time.sleep(0.2)
        raise RuntimeError(f"PostgreSQL did not start on port {self._port}:\n{log.read_text(errors='replace')}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """By its "fast shutdown", which cuts connections and puts the data in order. SIGQUIT is as good as a crash."""
        if self._server is not None:
            _stop(self._server, how)
            self._server = None

    def __enter__(self) -> Self:
        try:
            if self._account:
                os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
            _make(self._binaries, self._folder, self._account)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def unprivileged_account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root. None means: as whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` account.")


def _candidates() -> Iterator[Path]:
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if asked.stdout.strip():
            yield Path(asked.stdout.strip())
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)


def _as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _make(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> None:
    # "trust": whoever can connect to this machine's loopback for these minutes may read test data.
    # A UTF-8 locale, as in production: there UPPER() and LOWER() map letters beyond ASCII, which --no-locale hides.
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [binaries / "initdb", *options, "-D", folder / "data"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **_as_account(account),
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


def _start(
    binaries: Path, folder: Path, further: Sequence[str], account: pwd.struct_passwd | None, log: Path
) -> "subprocess.Popen[bytes]":
    settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", *further]
    options = [part for setting in settings for part in ("-c", setting)]
    with log.open("wb") as output:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", *options],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C reaches the tests, which end, and then we stop the server.
            start_new_session=True,
            **_as_account(account),
        )


def _is_ready(server: "subprocess.Popen[bytes]", log: Path, deadline: float) -> bool:
    """Wait until the server takes connections. Return False where it ended, or did not by `deadline`."""
    while time.monotonic() < deadline and server.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            return True
        time.sleep(0.05)
    return False


def _stop(server: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _exit_in_order(signum: int, frame: object) -> NoReturn:
    """Leave by an exception, so that the server is stopped on the way."""
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

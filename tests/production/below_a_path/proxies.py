"""Real proxies with exactly the configuration that docs/deploy.md has for a server below a path, but for its ports."""

import shutil
import signal
import subprocess
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Self

from tests.conftest import missing
from tests.production.nginx import STOP_SECONDS, Nginx, blocks, replaced, site
from tests.support.database import Template
from tests.support.ports import free_port
from tests.support.servers.server import LiveServer

# Of the documentation.
PATH, BEHIND = "/tools", "127.0.0.1:9000"


class NeighboursNginx(Nginx):
    """nginx with a server at the root of the host, and one below each path of `ports`."""

    def __init__(self, folder: Path, certificate: Path, key: Path, paths: list[str]) -> None:
        super().__init__(folder, certificate, key)
        self.ports = {"": self.behind, **{path: free_port() for path in paths}}

    def site(self) -> str:
        locations = blocks("nginx")[1]
        of_paths = [
            replaced(locations, {PATH: path, BEHIND: f"127.0.0.1:{port}"}) for path, port in self.ports.items() if path
        ]
        return site().replace("    location / {", "".join(of_paths) + "    location / {", 1)


class Caddy:
    """Caddy with a server below PATH alone."""

    def __init__(self, folder: Path, certificate: Path, key: Path) -> None:
        self.folder, self.certificate, self.key = folder, certificate, key
        port = free_port()
        self.url, self.ports = f"https://localhost:{port}", {PATH: free_port()}

    def configuration(self) -> str:
        [block] = blocks("caddyfile")
        ours = {
            "example.com {": f"{self.url} {{\n    tls {self.certificate} {self.key}",
            BEHIND: f"127.0.0.1:{self.ports[PATH]}",
        }
        return "{\n    admin off\n    auto_https disable_redirects\n}\n" + replaced(block, ours)

    def __enter__(self) -> Self:
        program = shutil.which("caddy")
        if program is None:
            missing("Caddy is not installed")
        file = self.folder / "Caddyfile"
        file.write_text(self.configuration())
        home = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        self._process = subprocess.Popen([program, "run", "--config", file, "--adapter", "caddyfile"], env=home)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)


class ServerBelow(LiveServer):
    """A server below a path of a proxy's host, or at its root. It is asked through the proxy, also by `/health`."""

    def __init__(self, template: Template, proxy: NeighboursNginx | Caddy, path: str, application: str = "") -> None:
        self.proxy, self.path = proxy, path
        env = {"TRUSTED_PROXY": "127.0.0.1", "SECRET_KEY": token_urlsafe(50)}
        super().__init__(template, workers=1, env=env, application=application)
        self.port = proxy.ports[path]

    @property
    def url(self) -> str:
        return self.proxy.url + self.path

"""A real nginx, with exactly the site that docs/deploy.md shows, but for its ports, its name and its certificate."""

import re
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.conftest import missing
from tests.support.ports import free_port
from tests.support.servers.python_process import PROJECT

STOP_SECONDS = 10
# What Debian's nginx.conf has around each site, as far as it matters, and nothing of this machine's own.
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def site() -> str:
    """The site of docs/deploy.md."""
    return blocks("nginx")[0]


def blocks(language: str) -> list[str]:
    """The blocks of docs/deploy.md in a language: for nginx the site, and its locations below a path."""
    return re.findall(rf"```{language}\n(.*?)```", (PROJECT / "docs" / "deploy.md").read_text(), re.DOTALL)


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Nginx:
    """It serves https at `url`, plain http at `plain_url`, and asks the server at `behind`."""

    def __init__(self, folder: Path, certificate: Path, key: Path) -> None:
        self.folder, self.certificate, self.key = folder, certificate, key
        self.behind = free_port()
        self.port, self.plain_port = free_port(), free_port()
        self.url, self.plain_url = f"https://localhost:{self.port}", f"http://localhost:{self.plain_port}"

    def site(self) -> str:
        return site()

    def __enter__(self) -> Self:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            missing("nginx is not installed")
        ours = replaced(
            self.site(),
            {
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "listen 80": f"listen 127.0.0.1:{self.plain_port}",
                "server_name mcp.example.com": "server_name localhost",
                "/etc/letsencrypt/live/mcp.example.com/fullchain.pem": str(self.certificate),
                "/etc/letsencrypt/live/mcp.example.com/privkey.pem": str(self.key),
                "127.0.0.1:9000": f"127.0.0.1:{self.behind}",
            },
        )
        # Its worker would otherwise become somebody who may not read the folder.
        user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
        configuration = self.folder / "nginx.conf"
        configuration.write_text(AROUND.format(folder=self.folder, user=user, site=ours))
        self._process = subprocess.Popen([program, "-p", self.folder, "-c", configuration, "-e", "stderr"])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)

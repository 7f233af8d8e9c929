"""The server behind a proxy that ends TLS."""

from typing import Any

import httpx2

from tests.production.tls_proxy import TLSProxy
from tests.support.database import Template
from tests.support.servers.server import LiveServer


class ProxiedServer(LiveServer):
    """A server whose address is that of the proxy in front of it."""

    def __init__(self, template: Template, proxy: TLSProxy, **env: str) -> None:
        super().__init__(template, env=env)
        self.proxy = proxy
        proxy.port_behind = lambda: self.port

    @property
    def url(self) -> str:
        return self.proxy.url

    def ask_directly(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Over plain http, as through a proxy that does so on another port: for the same host."""
        headers = {"Host": self.url.removeprefix("https://"), **options.pop("headers", {})}
        return httpx2.request(method, f"http://localhost:{self.port}{path}", headers=headers, **options)

"""A small OpenID Connect provider on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

KEY = "a-key-that-only-this-provider-knows-0123456789"


class Provider:
    """Returns `claims` for every person who signs in."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "42", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
        self.asked: dict[str, list[str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/authorize"):
                    self.send_back()
                else:
                    self.answer(provider.claims if self.path == "/userinfo" else provider.configuration)

            def send_back(self) -> None:
                """Every person is signed in there already."""
                asked = parse_qs(urlsplit(self.path).query)
                query = urlencode({"code": "c", "state": asked["state"][0]})
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri'][0]}?{query}")
                self.end_headers()

            def do_POST(self) -> None:
                provider.asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                identity = {"iss": provider.issuer, "aud": "us", "exp": 2**33, "iat": 1, **provider.claims}
                token = {"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(identity, KEY)}
                self.answer(token)

            def answer(self, body: Any) -> None:
                data = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def configuration(self) -> dict[str, str]:
        paths = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        endpoints = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in paths.items()}
        return {"issuer": self.issuer, **endpoints, "jwks_uri": f"{self.issuer}/jwks"}

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

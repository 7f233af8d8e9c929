"""One HTTP exchange: resolve, connect to a checked address, and read a small JSON object, by a deadline.

The host is resolved once, and the connection goes to the address that was checked, so that a second lookup cannot
return another one (DNS rebinding). Redirects are not followed.
"""

import socket
import ssl
import time
from contextlib import suppress
from functools import cache
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import urllib3
from oauth2_provider import cimd
from urllib3.connection import HTTPSConnection

from accounts.fetching.addresses import is_public
from accounts.fetching.errors import FetchError, Unavailable
from accounts.http.json_input import read_json
from accounts.numbers import size

# For the whole exchange: DNS lookup, connection, TLS, headers and body.
DEADLINE_SECONDS = 5.0
# The draft of client ID metadata documents recommends 5 kB.
LARGEST_DOCUMENT = 16 * 1024
HTTPS_PORT = 443
# The number of a host's addresses that are tried, one after the other.
MOST_ADDRESSES = 4
RETRY_AFTER_SECONDS = 5


class Fetched(NamedTuple):
    """A JSON object, and the seconds for which it may be cached: 5 minutes to a day."""

    document: dict[str, Any]
    max_age: int


class Exchange:
    """One exchange. `run` performs it; `abort`, from another thread, ends it at any point except the DNS lookup."""

    def __init__(self, url: str) -> None:
        self.url = parse(url)
        self.deadline = time.monotonic() + DEADLINE_SECONDS
        self._lock = Lock()
        self._connection: socket.socket | None = None
        self._is_aborted = False

    @property
    def remaining(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    @property
    def authority(self) -> str:
        """The key of the concurrency limits: the host. Ports other than 443 have another key: they may hang alone."""
        host = (self.url.hostname or "").rstrip(".")
        return host if (self.url.port or HTTPS_PORT) == HTTPS_PORT else f"other-port:{host}"

    def run(self) -> Fetched:
        """Return the document at the URL. Raises FetchError for every failure."""
        try:
            return self._fetch()
        except FetchError:
            raise
        except Exception as error:
            # The response is untrusted input: an unexpected error is a failed fetch, not a server error.
            raise FetchError(f"The address cannot be fetched: {type(error).__name__}.") from error
        finally:
            self._forget_connection()

    def abort(self) -> None:
        """Shut the connection down, so that the thread that reads from it stops waiting."""
        with self._lock:
            self._is_aborted = True
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)

    def track(self, connection: socket.socket) -> None:
        """Keep a duplicate of a connection for `abort`: TLS detaches the socket itself."""
        with self._lock:
            if self._is_aborted:
                connection.close()
                raise FetchError("The deadline of the fetch is over.")
            self._connection = connection.dup()

    def _forget_connection(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _fetch(self) -> Fetched:
        port = self.url.port or HTTPS_PORT
        addresses = resolve(self.url.hostname or "", port)
        reason = ""
        for tried, address in enumerate(addresses):
            if not self.remaining:
                break
            try:
                return self._request(address, port, connect_seconds=self.remaining / (len(addresses) - tried))
            except urllib3.exceptions.HTTPError as error:
                reason = f": {type(error).__name__}"
                self._forget_connection()
        raise Unavailable(f"The address does not respond{reason}.", retry_after=RETRY_AFTER_SECONDS)

    def _request(self, address: str, port: int, *, connect_seconds: float) -> Fetched:
        """Send the request to `address`; server name, certificate and Host header are those of the URL."""
        timeout = urllib3.Timeout(connect=connect_seconds, read=self.remaining, total=self.remaining)
        pool = open_pool(address, port, timeout=timeout, server_hostname=self.url.hostname)
        pool.ConnectionCls = tracking_connection(self)
        target = self.url.path + (f"?{self.url.query}" if self.url.query else "")
        headers = {
            "Host": self.url.netloc,
            "Accept": "application/json, application/*+json",
            "Accept-Encoding": "identity",
        }
        try:
            response = pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False)
            try:
                return read(response)
            finally:
                response.close()
        finally:
            pool.close()


def parse(url: str) -> SplitResult:
    """Return the parts of an https URL that may be fetched. Raises FetchError."""
    try:
        cimd._validate_client_id_url(url)
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")
    except (cimd.CIMDError, ValueError) as error:
        raise FetchError(f"This address cannot be fetched: {error}.") from error
    return parts


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of `host`. Raises FetchError unless all of them are public."""
    try:
        found = socket.getaddrinfo(host, port, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        if getattr(error, "errno", None) == socket.EAI_AGAIN:
            message = "The host name cannot be resolved at the moment."
            raise Unavailable(message, retry_after=RETRY_AFTER_SECONDS) from error
        raise FetchError("The host name does not exist.") from error
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    if not addresses or not all(map(is_public, addresses)):
        raise FetchError("The host is not on the public internet.")
    return addresses[:MOST_ADDRESSES]


def open_pool(address: str, port: int, **options: Any) -> urllib3.HTTPSConnectionPool:
    return urllib3.HTTPSConnectionPool(address, port, retries=False, maxsize=1, ssl_context=ssl_context(), **options)


@cache
def ssl_context() -> ssl.SSLContext:
    """Return a context with the system's certificates. Loading them takes longer than a connection."""
    return ssl.create_default_context()


def tracking_connection(exchange: Exchange) -> type[HTTPSConnection]:
    """Return a connection class whose sockets `exchange` can abort."""

    class TrackingConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            exchange.track(connection)
            return connection

    return TrackingConnection


def read(response: urllib3.BaseHTTPResponse) -> Fetched:
    """Return the JSON object in `response`. Raises FetchError."""
    if response.status != 200:
        raise FetchError(f"The response has status {response.status}, not 200.")
    media_type = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not is_json(media_type):
        raise FetchError(f"The response has the media type {media_type[:60] or 'none'!r}, not JSON.")
    body = response.read(LARGEST_DOCUMENT + 1, decode_content=False)
    if len(body) > LARGEST_DOCUMENT:
        raise FetchError(f"The document is larger than {size(LARGEST_DOCUMENT)}.")
    return Fetched(json_object(body), cimd._effective_max_age(response.headers.get("Cache-Control")))


def is_json(media_type: str) -> bool:
    """Return whether `media_type` is JSON, or has the suffix `+json` (RFC 6839)."""
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`. The parser refuses deep nesting. Raises FetchError."""
    try:
        document = read_json(body)
    except ValueError as error:
        raise FetchError(f"The document is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise FetchError("The document is not a JSON object.")
    return document

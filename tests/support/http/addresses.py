"""Web addresses as attackers write them, and how others than our own parser read them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.http.web_address import Address, read

HOSTS = {
    "https://app.example.com/callback": "app.example.com",
    "https://app.example.com:8443/callback?x=1#y": "app.example.com",
    "https://Example.com/cb": "example.com",
    "HTTP://LOCALHOST:8080/callback": "localhost",
    "https://xn--bcher-kva.example/": "xn--bcher-kva.example",
    "https://XN--BCHER-KVA.example/": "xn--bcher-kva.example",
    "https://a-.example/": "a-.example",
    "https://intranet/": "intranet",
    f"https://{'a' * 63}.example/": f"{'a' * 63}.example",
    "https://203.0.113.7/": "203.0.113.7",
    "https://[2001:db8::1]:8443/": "2001:db8::1",
    "https://[2001:DB8::1]/": "2001:db8::1",
    "https://example.com/%2E%2e/%7Bx%7D": "example.com",
}
REFUSED = {
    "a percent-encoded dot": "https://evil%2Eexample/cb",
    "a percent-encoded ideographic full stop": "https://claude.ai%E3%80%82evil2.example/",
    "a percent-encoded letter": "https://%65vil.example/",
    "a percent-encoded slash": "https://claude.ai%2F.evil.example/",
    "a percent-encoded NUL": "https://claude.ai%00.evil.example/",
    "a final dot": "https://evil.example./",
    "a final dot before a port": "https://evil.example.:443/",
    "an empty label": "https://evil..example/",
    "a leading dot": "https://.evil.example/",
    "a dot alone": "https://./",
    "a label of 64 letters": f"https://{'a' * 64}.example/",
    "a name of 254 letters": "https://" + ".".join(["a" * 63] * 3 + ["b" * 62]) + "/",
    "an underscore": "https://my_app.example.com/",
    "an exclamation mark": "https://evil!.example/",
    "a wildcard": "https://*.example.com/",
    "a Unicode name": "https://bücher.example/",
    "fullwidth letters": "https://\uff45vil.example/",
    "an ideographic full stop": "https://claude.ai\u3002evil.example/",
    "a soft hyphen": "https://ev\u00adil.example/",
    "punycode of nothing": "https://xn--/",
    "punycode that cannot be decoded": "https://xn--a/",
    "punycode of ASCII": "https://xn--evil-.example/",
    "punycode of a capital letter": "https://xn--bcher-2pa.example/",
    "punycode of an invisible character": "https://xn--evil-y76a.example/",
    "a short IPv4 address": "https://127.1/",
    "an IPv4 address of three numbers": "https://1.2.3/",
    "a hexadecimal IPv4 address": "https://0x7f.0.0.1/",
    "an octal IPv4 address": "https://0177.0.0.1/",
    "an IPv4 address as one number": "https://2130706433/",
    "an IPv4 address with a final dot": "https://1.2.3.4./",
    "an IPv4 address out of range": "https://1.2.3.256/",
    "a name that ends in a number": "https://evil.09/",
    "a name that ends in a hexadecimal number": "https://evil.0x1/",
    "an IPv6 address that is not compressed": "https://[2001:db8:0:0:0:0:0:1]/",
    "an IPv4 address within an IPv6 one": "https://[::ffff:127.0.0.1]/",
    "an IPv6 address with a zone": "https://[fe80::1%25eth0]/",
    "an IPv6 address without brackets": "https://2001:db8::1/",
    "brackets around a name": "https://[example.com]/",
    "text behind the brackets": "https://[::1]evil.example/",
    "user information": "https://claude.ai@evil.example/",
    "empty user information": "https://@evil.example/",
    "a backslash": "https://claude.ai\\@evil.example/",
    "a backslash behind the scheme": "https:\\\\evil.example/",
    "a tab": "https://evil\t.example/",
    "a line break": "https://evil.example\n/",
    "a control character": "https://evil.example/\x01",
    "a leading blank": " https://evil.example/",
    "one slash": "https:/evil.example/",
    "no slash": "https:evil.example",
    "three slashes": "https:///evil.example/",
    "no host": "https://",
    "a port alone": "https://:443/",
    "port 0": "https://evil.example:0/",
    "a port out of range": "https://evil.example:65536/",
    "an empty port": "https://evil.example:/",
    "a port with a leading zero": "https://evil.example:0443/",
    "a port with a sign": "https://evil.example:+443/",
    "a lone surrogate": "https://evil.example/\ud800",
    "too long": "https://evil.example/" + "a" * 8192,
}

PIECES = [
    *(
        "a",
        "b",
        "claude",
        "evil",
        "xn--",
        "xn--bcher-kva",
        "XN--",
        "é",
        "\uff45",
        "。",
        "\u00ad",
        "ß",
        "K",
        "com",
        "ai",
    ),
    *(".", ".", ".", "%2E", "%00", "%2F", "%41", "%", "@", ":", "[", "]", "[::1]", "/", "\\", "?", "#", "-", "_"),
    *("0", "1", "127", "0x7f", "0177", "256", "443", "80", "65536", "::", "ffff", "\t", "\n", " ", "{", "}", "|", "*"),
]
SCHEMES = ["https://", "http://", "https:", "https:/", "https:///", "HTTPS://", "https:\\\\"]
# A function that says of each address in a list which scheme, host and port it has, or null for what is none.
READ_IN_JAVASCRIPT = """
(uris) => uris.map((uri) => {
  try { const url = new URL(uri); return [url.protocol, url.hostname, url.port] } catch { return null }
})
"""


def generated(count: int = 3000) -> list[str]:
    """About `count` addresses, the same in each run, of which a few hundred are well-formed; and those above."""
    found: set[str] = {*HOSTS, *(uri for uri in REFUSED.values() if uri.isprintable())}
    parts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8)

    @settings(max_examples=count, database=None, derandomize=True)
    @given(st.sampled_from(SCHEMES), parts, st.sampled_from(["", "/"]))
    def collect(scheme: str, pieces: list[str], end: str) -> None:
        found.add(f"{scheme}{''.join(pieces)}{end}")

    collect()
    return sorted(found)


def assert_read_alike(uris: list[str], elsewhere: list[list[str] | None]) -> None:
    """Fail unless each of `uris` that our parser accepts was read alike `elsewhere`."""
    accepted = [(uri, address, other) for uri, other in zip(uris, elsewhere, strict=True) if (address := read(uri))]
    assert len(accepted) > 100
    for uri, address, other in accepted:
        assert in_parts(address) == other, uri


def in_parts(address: Address) -> list[str]:
    """The scheme, host and port as JavaScript's URL has them: a usual port is left out."""
    host = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
    usual = {"http": 80, "https": 443}[address.scheme]
    return [f"{address.scheme}:", host, "" if address.port in (None, usual) else str(address.port)]

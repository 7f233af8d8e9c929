"""Redirect URIs that may be registered, and those that match a registered one. No database, no request."""

import pytest
from django.conf import settings
from pytest_django import Settings

from accounts.clients.redirect_uris import InvalidRedirectURI, check, check_all, host_of, matches

REGISTRABLE = [
    "https://app.example.com/callback",
    "https://app.example.com",
    "https://app.example.com:8443/callback?tenant=1",
    "https://[2001:db8::1]/callback",
    "https://xn--bcher-kva.example/callback",
    "http://localhost:8080/callback",
    "http://localhost/callback",
    "http://localhost",
    "http://127.0.0.1:33418/",
    "http://[::1]:8080/callback",
    "HTTP://LOCALHOST:8080/callback",
]
PRIVATE_USE = [
    "com.example.app:/callback",
    "com.example.app://callback",
    "com.example.app:callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "vscode://vscode.github-authentication/did-authenticate",
    "vscode-insiders://callback",
    "claude://callback",
    "Cursor://callback",
]
NOT_REGISTRABLE = {
    "plain http elsewhere": "http://app.example.com/callback",
    "plain http on the local network": "http://192.168.1.2/callback",
    "a name that begins like loopback": "http://localhost.example.com/callback",
    "another address that means loopback": "http://127.1/callback",
    "all interfaces": "http://0.0.0.0/callback",
    "user information": "https://app.example.com@evil.example/callback",
    "user information on loopback": "http://user:password@localhost/callback",
    "a fragment": "https://app.example.com/callback#part",
    "an empty fragment": "https://app.example.com/callback#",
    "a wildcard host": "https://*.example.com/callback",
    "a wildcard port": "http://localhost:*/callback",
    "a wildcard path": "https://app.example.com/*",
    "a wildcard in the query": "https://app.example.com/callback?tenant=*",
    "two with a comma between": "https://app.example.com/callback,https://b.example.com/callback",
    "two with a semicolon between": "com.example.app:/callback;http://localhost/callback",
    "script": "javascript:alert(1)",
    "script behind slashes": "javascript://localhost/%0aalert(1)",
    "script in capitals": "JavaScript:alert(1)",
    "data": "data:text/html,hello",
    "a file": "file:///etc/passwd",
    "a socket": "ws://localhost/callback",
    "a scheme that nobody listed": "myapp://callback",
    "a percent-encoded dot": "https://evil%2Eexample/callback",
    "a percent-encoded full stop of another script": "https://claude.ai%E3%80%82evil.example/callback",
    "a final dot": "https://evil.example./callback",
    "a final dot on loopback": "http://localhost./callback",
    "an empty label": "https://evil..example/callback",
    "an underscore": "https://my_app.example.com/callback",
    "an IPv4 address in short": "https://127.1/callback",
    "an IPv4 address in hexadecimal": "http://0x7f.0.0.1/callback",
    "an IPv6 address at length": "http://[0:0:0:0:0:0:0:1]/callback",
    "port 0": "https://app.example.com:0/callback",
    "an empty port": "http://localhost:/callback",
    "invalid punycode": "https://xn--a/callback",
    "a backslash": "https://app.example.com\\@evil.example/callback",
    "a space": "https://app.example.com/call back",
    "a leading space": " https://app.example.com/callback",
    "a trailing space": "https://app.example.com/callback ",
    "a line break": "https://app.example.com/call\nback",
    "a tab in the scheme": "java\tscript:alert(1)",
    "NUL": "https://app.example.com/\x00",
    "letters beyond ASCII": "https://bücher.example/callback",
    "a look-alike slash": "https://app.example.com\u2044callback",
    "a turned direction": "https://app.example.com/\u202ecallback",
    "a lone surrogate": "https://app.example.com/\ud800",
    "a port out of range": "https://app.example.com:65536/callback",
    "a port that is no number": "http://localhost:port/callback",
    "two ports": "http://localhost:80:90/callback",
    "half an IPv6 address": "http://[::1/callback",
    "no IPv6 address": "https://[nonsense]/callback",
    "no host": "https:///callback",
    "no slashes": "https:app.example.com",
    "no scheme": "//app.example.com/callback",
    "a path alone": "/callback",
    "nothing": "",
    "a scheme alone": "com.example.app:",
    "out of band": "urn:ietf:wg:oauth:2.0:oob",
    "too long": "https://app.example.com/" + "a" * 2000,
}


@pytest.mark.parametrize("uri", REGISTRABLE)
@pytest.mark.parametrize("has_secret", [True, False])
def test_https_and_loopback_http_may_be_registered_by_everyone(uri: str, has_secret: bool) -> None:
    check(uri, has_secret=has_secret)


@pytest.mark.parametrize("uri", PRIVATE_USE)
def test_a_private_use_scheme_may_be_registered_by_a_public_client(uri: str) -> None:
    check(uri, has_secret=False)


@pytest.mark.parametrize("uri", PRIVATE_USE)
def test_a_private_use_scheme_may_not_be_registered_by_a_client_with_a_secret(uri: str) -> None:
    with pytest.raises(InvalidRedirectURI, match="token_endpoint_auth_method none"):
        check(uri, has_secret=True)


@pytest.mark.parametrize("uri", NOT_REGISTRABLE.values(), ids=NOT_REGISTRABLE)
@pytest.mark.parametrize("has_secret", [True, False])
def test_text_that_a_browser_could_read_differently_is_refused(uri: str, has_secret: bool) -> None:
    with pytest.raises(InvalidRedirectURI):
        check(uri, has_secret=has_secret)


def test_the_refusal_of_a_scheme_names_the_setting_that_would_allow_it(settings: Settings) -> None:
    with pytest.raises(InvalidRedirectURI, match="PRIVATE_SCHEMES"):
        check("myapp://callback", has_secret=False)
    settings.PRIVATE_SCHEMES = ["myapp"]
    check("myapp://callback", has_secret=False)


def test_no_setting_allows_a_scheme_that_browsers_run_themselves(settings: Settings) -> None:
    settings.PRIVATE_SCHEMES = ["javascript"]
    with pytest.raises(InvalidRedirectURI):
        check("javascript:alert(1)", has_secret=False)


@pytest.mark.parametrize("scheme", settings.PRIVATE_SCHEMES)
def test_every_scheme_of_the_built_in_list_may_be_registered(scheme: str) -> None:
    check(f"{scheme}://callback", has_secret=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "[::]:8443", "[::ffff:0:0]"])  # noqa: S104 - to be refused
def test_an_address_of_no_host_is_refused_at_registration(host: str) -> None:
    """The authorization endpoint would refuse it."""
    with pytest.raises(InvalidRedirectURI, match="not an address to which a browser can be redirected"):
        check(f"https://{host}/callback", has_secret=True)


def test_what_the_authorization_endpoint_cannot_read_is_refused_at_registration() -> None:
    with pytest.raises(InvalidRedirectURI):
        check("https://app.example.com/callback?x=[1]", has_secret=True)


def test_one_bad_uri_among_good_ones_is_found() -> None:
    with pytest.raises(InvalidRedirectURI, match="evil"):
        check_all(["https://app.example.com/callback", "http://evil.example/callback"], has_secret=False)


def test_twenty_uris_may_be_registered_and_not_one_more() -> None:
    uris = [f"https://app.example.com/{number}" for number in range(21)]
    check_all(uris[:20], has_secret=True)
    with pytest.raises(InvalidRedirectURI, match="at most 20"):
        check_all(uris, has_secret=True)


@pytest.mark.parametrize("uri", NOT_REGISTRABLE.values(), ids=NOT_REGISTRABLE)
def test_an_https_address_from_before_it_was_refused_shows_no_harmless_host(uri: str) -> None:
    assert host_of(uri) in ("", "app.example.com")


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil%2Eexample/callback",
        "https://evil.example./callback",
        "https://claude.ai%E3%80%82evil.example/callback",
        "http://127.1/callback",
        "http://localhost./callback",
    ],
)
def test_an_address_from_before_it_was_refused_does_not_even_match_itself(uri: str) -> None:
    assert not matches(uri, uri)
    assert host_of(uri) == ""


def test_a_host_in_capital_letters_is_read_in_small_ones() -> None:
    check("https://Example.com/cb", has_secret=True)
    assert host_of("https://Example.com/cb") == "example.com"


@pytest.mark.parametrize("uri", [*REGISTRABLE, *PRIVATE_USE])
def test_every_registered_uri_matches_itself(uri: str) -> None:
    assert matches(uri, uri)


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("http://localhost:3118/callback", "http://localhost/callback"),
        ("http://localhost:51234/callback", "http://localhost:8080/callback"),
        ("http://localhost/callback", "http://localhost:8080/callback"),
        ("http://127.0.0.1:51234/", "http://127.0.0.1:33418/"),
        ("http://127.0.0.1:51234/callback?a=1", "http://127.0.0.1/callback?a=1"),
        ("http://[::1]:51234/callback", "http://[::1]/callback"),
        ("http://[::1]/callback", "http://[::1]:8080/callback"),
    ],
)
def test_on_loopback_any_port_matches(asked: str, registered: str) -> None:
    """RFC 8252 section 7.3: "The authorization server MUST allow any port to be specified at the time of the
    request for loopback IP redirect URIs"."""
    assert matches(asked, registered)


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        ("https://app.example.com:444/callback", "https://app.example.com/callback"),
        ("https://app.example.com:443/callback", "https://app.example.com/callback"),
        ("https://app.example.com/callback/", "https://app.example.com/callback"),
        ("https://app.example.com/Callback", "https://app.example.com/callback"),
        ("https://APP.example.com/callback", "https://app.example.com/callback"),
        ("https://app.example.com/callback?a=1", "https://app.example.com/callback"),
        ("https://app.example.com/callback#", "https://app.example.com/callback"),
        ("https://app.example.com/callback/../evil", "https://app.example.com/callback"),
        ("https://app.example.com/c%61llback", "https://app.example.com/callback"),
        ("https://app.example.com.evil.example/callback", "https://app.example.com/callback"),
        ("https://app.example.com@evil.example/callback", "https://app.example.com/callback"),
        ("https://localhost:8080/callback", "https://localhost/callback"),
        ("https://localhost/callback", "http://localhost/callback"),
        ("http://127.0.0.1:8080/callback", "http://localhost:8080/callback"),
        ("http://[::1]:8080/callback", "http://127.0.0.1:8080/callback"),
        ("http://localhost:8080/other", "http://localhost:8080/callback"),
        ("http://localhost:8080/callback?a=1", "http://localhost:8080/callback"),
        ("http://localhost:8080/callback#part", "http://localhost:8080/callback"),
        ("http://localhost:65536/callback", "http://localhost:8080/callback"),
        ("http://localhost:-1/callback", "http://localhost:8080/callback"),
        ("http://user@localhost:8080/callback", "http://localhost:8080/callback"),
        ("http://user:localhost@localhost/callback", "http://localhost/callback"),
        ("http://localhost:8080@evil.example/callback", "http://localhost:8080/callback"),
        ("http://localhost.evil.example:8080/callback", "http://localhost:8080/callback"),
        ("http://[::1/callback", "http://[::1]/callback"),
        ("cursor://evil/callback", "cursor://anysphere.cursor-mcp/callback"),
        ("com.example.app:/callback2", "com.example.app:/callback"),
        ("javascript:alert(1)", "http://localhost/callback"),
        ("http://localhost:8080/callback ", "http://localhost:8080/callback"),
        ("http://localhost:8080/callback\n", "http://localhost:8080/callback"),
        ("", "http://localhost:8080/callback"),
    ],
)
def test_everything_else_matches_character_by_character(asked: str, registered: str) -> None:
    """RFC 9700 section 2.1: "authorization servers MUST utilize exact string matching"."""
    assert not matches(asked, registered)

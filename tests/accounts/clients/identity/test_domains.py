"""The registrable domain of a host, which pages emphasise."""

import pytest

from accounts.clients.identity.domains import Host, registrable_domain, split


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("claude.ai", Host("", "claude.ai", "")),
        ("claude-ai.evil-login.example", Host("claude-ai.", "evil-login.example", "")),
        ("claude.ai.evil-login.example:8443", Host("claude.ai.", "evil-login.example", ":8443")),
        ("app.example.co.uk", Host("app.", "example.co.uk", "")),
        ("app.xn--clude-yqa.ai", Host("app.", "xn--clude-yqa.ai", "")),
        # Each customer of such a host registers a name of their own below it.
        ("claude-ai.github.io", Host("", "claude-ai.github.io", "")),
        # Without a registrable domain the whole host is one.
        ("github.io", Host("", "github.io", "")),
        ("203.0.113.7:8443", Host("", "203.0.113.7", ":8443")),
        ("localhost:8080", Host("", "localhost", ":8080")),
        ("[::1]:8080", Host("", "[::1]:8080", "")),
        ("cursor:", Host("", "cursor", ":")),
    ],
)
def test_the_registrable_domain_is_told_from_what_anybody_can_put_before_it(host: str, parts: Host) -> None:
    assert split(host) == parts
    assert str(split(host)) == host


def test_two_customers_of_one_host_have_different_domains() -> None:
    assert registrable_domain("claude.github.io") != registrable_domain("evil.github.io")

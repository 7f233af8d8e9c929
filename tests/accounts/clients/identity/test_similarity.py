"""Names and hosts that are similar to those of a known app."""

import pytest

from accounts.clients.identity.domains import split
from accounts.clients.identity.similarity import imitated_domains, is_similar_name


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Claude AI", "Claude"),
        ("Claude, Inc.", "Claude"),
        ("Anthropic Claude", "Claude"),
        ("ClaudeCode", "Claude"),
        ("MyClaude", "Claude"),
        ("CIaude AI", "Claude"),
        ("edualC", "Claude"),
        ("\u202eedualC", "Claude"),
        ("Claude", "Claude AI"),
        ("Acme Test Runner", "Acme Test Runner"),
        ("Acme Runner", "Acme Test Runner"),
        ("VS Code Login", "VS Code"),
        ("MCP Client", "MCP client"),
    ],
)
def test_name_with_the_distinctive_words_of_a_known_one_is_similar(name: str, known: str) -> None:
    assert is_similar_name(name, known)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Cursor", "Claude"),
        ("Incline", "Cli"),
        ("Decoder", "Code"),
        ("My Other App", "My Test App"),
        ("MCP Inspector", "MCP Client"),
        ("Notes app", "App"),
        ("Code", "VS Code"),
        ("Provider", "Ride"),
        ("", ""),
        ("Claude", ""),
        ("", "Claude"),
    ],
)
def test_name_that_shares_only_generic_words_or_letters_is_another_one(name: str, known: str) -> None:
    assert not is_similar_name(name, known)


@pytest.mark.parametrize(
    "host",
    ["claude.ai.evil.example", "login.claude.ai.evil.example:8443", "claude-ai.evil.example", "claude-ai.example"],
)
def test_host_with_a_domain_before_its_own_imitates_it(host: str) -> None:
    assert "claude.ai" in imitated_domains([split(host)])


@pytest.mark.parametrize("host", ["claude.ai", "app.claude.ai", "claude.example", "127.0.0.1", "[::1]:8080"])
def test_host_at_its_own_domain_imitates_none(host: str) -> None:
    assert imitated_domains([split(host)]) == set()

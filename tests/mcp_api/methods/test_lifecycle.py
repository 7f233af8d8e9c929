"""The description of the server: instructions, web site and icons, in both eras."""

from typing import Any

import pytest

from mcp_api.checks.server_settings import check_server_description
from tests.mcp_api.conftest import Caller, result_of
from tests.mcp_api.messages import SERVER_INFO_KEY, initialize

pytestmark = pytest.mark.django_db

Settings = Any
ICON = "https://library.example/icon.png"


@pytest.fixture
def described(settings: Settings) -> None:
    settings.SERVER_INSTRUCTIONS = "Search before you lend."
    settings.SERVER_WEBSITE_URL = "https://library.example"
    settings.SERVER_ICONS = [ICON]


@pytest.mark.usefixtures("described")
def test_legacy_client_gets_the_description_at_its_beginning(caller: Caller) -> None:
    result = result_of(caller.send(initialize("2025-11-25"), {}))
    assert result["instructions"] == "Search before you lend."
    assert result["serverInfo"]["websiteUrl"] == "https://library.example"
    assert result["serverInfo"]["icons"] == [{"src": ICON}]


@pytest.mark.usefixtures("described")
def test_modern_client_discovers_the_description_and_other_replies_do_not_repeat_it(caller: Caller) -> None:
    discovered = result_of(caller.modern("server/discover"))
    assert discovered["instructions"] == "Search before you lend."
    assert discovered["_meta"][SERVER_INFO_KEY]["icons"] == [{"src": ICON}]
    assert set(result_of(caller.modern("tools/list"))["_meta"][SERVER_INFO_KEY]) == {"name", "title", "version"}


def test_without_a_description_there_are_no_members(caller: Caller) -> None:
    assert "instructions" not in result_of(caller.modern("server/discover"))
    assert "icons" not in result_of(caller.send(initialize("2025-11-25"), {}))["serverInfo"]


def test_file_that_cannot_be_read_is_named(settings: Settings) -> None:
    settings.SERVER_INSTRUCTIONS_UNREAD = "missing.md"
    [message] = check_server_description()
    assert message.id == "mcp_api.E019"
    assert "SERVER_INSTRUCTIONS_FILE=missing.md" in message.msg


@pytest.mark.parametrize("address", ["example.com", "javascript:alert(1)", "https://", "https://a b"])
def test_site_and_icon_are_whole_addresses(settings: Settings, address: str) -> None:
    settings.SERVER_WEBSITE_URL, settings.SERVER_ICONS = address, [address, ICON, "data:image/png;base64,AA=="]
    assert [message.id for message in check_server_description()] == ["mcp_api.E020"] * 2

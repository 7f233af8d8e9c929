"""The page of a tool is a resource, which is listed and read as its tool may be used."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from accounts.scopes import preview_for
from mcp_api import App, tool
from mcp_api.admin.policies import add_missing
from mcp_api.extensions.apps.pages import forget_pages
from mcp_api.models import Policy
from tests.mcp_api.conftest import Caller, error_of, result_of
from tests.mcp_api.extensions.apps.conftest import Write
from tests.mcp_api.messages import CAPABILITIES_KEY, meta, modern

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry")]

MIME_TYPE = "text/html;profile=mcp-app"
IDENTIFIER = "io.modelcontextprotocol/ui"


@pytest.fixture(autouse=True)
def shelf(templates: Write) -> None:
    templates("library/shelf.html", "<!doctype html><title>{{ tool.title }}</title>")


def declare(app: Any = "library/shelf.html", **options: Any) -> None:
    def list_shelf() -> list[str]:
        """List the shelf."""
        return ["Dune"]

    tool(read_only=True, app=app, **options)(list_shelf)


def listed(caller: Caller, name: str = "list_shelf") -> dict[str, Any]:
    return {each["name"]: each for each in result_of(caller.modern("tools/list"))["tools"]}.get(name, {})


def pages(caller: Caller) -> list[dict[str, Any]]:
    found = result_of(caller.modern("resources/list"))["resources"]
    return [each for each in found if each["uri"].startswith("ui://")]


def read(caller: Caller, uri: str) -> Any:
    return caller.modern("resources/read", {"uri": uri})


def test_tool_names_its_page_which_is_listed_and_read(caller: Caller) -> None:
    declare()
    uri = listed(caller)["_meta"]["ui"]["resourceUri"]
    assert listed(caller)["_meta"] == {
        "ui": {"resourceUri": uri, "visibility": ["model", "app"]},
        "ui/resourceUri": uri,
    }
    assert uri.startswith("ui://list_shelf/library/shelf.html?v=")
    [page] = pages(caller)
    assert (page["uri"], page["mimeType"], page["name"]) == (uri, MIME_TYPE, "list_shelf")
    result = result_of(read(caller, uri))
    [contents] = result["contents"]
    assert contents == {"uri": uri, "mimeType": MIME_TYPE, "text": "<!doctype html><title>List shelf</title>"}
    assert result["ttlMs"] > 0


def test_legacy_clients_get_the_same(caller: Caller) -> None:
    declare()
    tools = {each["name"]: each for each in result_of(caller.legacy("tools/list"))["tools"]}
    uri = tools["list_shelf"]["_meta"]["ui"]["resourceUri"]
    [contents] = result_of(caller.legacy("resources/read", {"uri": uri}))["contents"]
    assert contents["mimeType"] == MIME_TYPE


def test_page_says_what_it_may_reach_in_the_list_and_in_its_contents(caller: Caller) -> None:
    declare(
        App(
            template="library/shelf.html",
            connect_domains="https://api.example.com",
            resource_domains=["https://*.example.com", "https://cdn.example.com:8443"],
            frame_domains="https://video.example.com",
            base_uri_domains="https://example.com",
            permissions=["camera", "clipboardWrite"],
            border=False,
            domain="shelf.example.com",
        )
    )
    expected = {
        "csp": {
            "connectDomains": ["https://api.example.com"],
            "resourceDomains": ["https://*.example.com", "https://cdn.example.com:8443"],
            "frameDomains": ["https://video.example.com"],
            "baseUriDomains": ["https://example.com"],
        },
        "permissions": {"camera": {}, "clipboardWrite": {}},
        "prefersBorder": False,
        "domain": "shelf.example.com",
    }
    [page] = pages(caller)
    [contents] = result_of(read(caller, page["uri"]))["contents"]
    assert page["_meta"] == contents["_meta"] == {"ui": expected}


def test_uri_changes_with_the_page_and_earlier_ones_lead_to_the_page_as_it_is_now(
    caller: Caller, templates: Write
) -> None:
    declare()
    before = listed(caller)["_meta"]["ui"]["resourceUri"]
    templates("library/shelf.html", "Another")
    forget_pages()
    after = listed(caller)["_meta"]["ui"]["resourceUri"]
    assert after != before
    for uri, is_kept in ((before, False), (after, True), (before.partition("?")[0], False)):
        result = result_of(read(caller, uri))
        assert result["contents"][0]["text"] == "Another"
        assert bool(result["ttlMs"]) == is_kept


@pytest.mark.parametrize("rest", ["?v=", "?v=zzzzzzzzzzzz", "?v=0123456789ab&w=1", "?w=0123456789ab", "/.."])
def test_other_uri_is_unknown(caller: Caller, rest: str) -> None:
    declare()
    assert error_of(read(caller, f"ui://list_shelf/library/shelf.html{rest}"))["code"] == -32602


def test_person_who_may_not_use_the_tool_does_not_see_its_page(caller: Caller) -> None:
    declare(permission="library.add_book")
    assert (listed(caller), pages(caller)) == ({}, [])
    assert error_of(read(caller, "ui://list_shelf/library/shelf.html"))["code"] == -32602


def test_rule_of_the_tool_rules_the_page_and_the_page_has_none_of_its_own(caller: Caller) -> None:
    declare()
    add_missing()
    assert not Policy.objects.filter(name__startswith="ui:").exists()
    rule = Policy.objects.get(name="list_shelf")
    rule.groups.add(Group.objects.create(name="staff"))
    assert pages(caller) == []
    assert error_of(read(caller, "ui://list_shelf/library/shelf.html"))["code"] == -32602
    rule.groups.clear()
    rule.scopes = "write"
    rule.save()
    assert read(caller, "ui://list_shelf/library/shelf.html").status_code == 403


def test_consent_page_names_the_tool_alone(caller: Caller) -> None:
    declare()
    names = [each.name for each in preview_for(caller.person)(["read"], caller.client)["read"]]
    assert "list_shelf" in names
    assert [name for name in names if name.startswith("ui:")] == []


def test_capabilities_name_apps_if_a_tool_has_one(caller: Caller) -> None:
    assert IDENTIFIER not in result_of(caller.modern("server/discover"))["capabilities"].get("extensions", {})
    declare()
    offered = result_of(caller.modern("server/discover"))["capabilities"]["extensions"]
    assert offered[IDENTIFIER] == {"mimeTypes": [MIME_TYPE]}


def test_tool_for_apps_alone_is_listed_for_clients_with_apps_and_can_be_called(caller: Caller) -> None:
    declare(App(visibility="app"))
    assert listed(caller) == {}
    declared = {"extensions": {IDENTIFIER: {"mimeTypes": [MIME_TYPE]}}}
    body, headers = modern("tools/list", {"_meta": {**meta(), CAPABILITIES_KEY: declared}})
    tools = {each["name"]: each for each in result_of(caller.send(body, headers))["tools"]}
    assert tools["list_shelf"]["_meta"] == {"ui": {"visibility": ["app"]}}
    assert caller.call("list_shelf")["structuredContent"] == {"result": ["Dune"]}
    assert pages(caller) == []


def test_result_has_structured_content_for_the_page_and_text_for_all_others(caller: Caller, settings: Settings) -> None:
    settings.RESULT_FORM = "text"
    declare()
    result = caller.call("list_shelf")
    assert result["structuredContent"] == {"result": ["Dune"]}
    assert "Dune" in result["content"][0]["text"]


def test_page_is_in_the_language_of_the_client(caller: Caller, settings: Settings) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    declare(title=gettext_lazy("Yes"))
    addresses = set()
    for language, title in (("en", "Yes"), ("de", "Ja")):
        body, headers = modern("resources/read", {"uri": "ui://list_shelf/library/shelf.html"})
        result = result_of(caller.send(body, {**headers, "Accept-Language": language}))
        assert result["contents"][0]["text"] == f"<!doctype html><title>{title}</title>"
        body, headers = modern("tools/list")
        for each in result_of(caller.send(body, {**headers, "Accept-Language": language}))["tools"]:
            if each["name"] == "list_shelf":
                addresses.add(each["_meta"]["ui"]["resourceUri"])
    assert len(addresses) == 2


def test_own_meta_of_a_tool_stays(caller: Caller) -> None:
    declare(meta={"example.com/shelf": 1})
    assert listed(caller)["_meta"]["example.com/shelf"] == 1
    assert "ui" in listed(caller)["_meta"]


def test_page_that_broke_after_the_start_fails_alone(caller: Caller, templates: Write) -> None:
    declare()
    templates("library/shelf.html", "{% nothing %}")
    forget_pages()
    assert listed(caller)["_meta"]["ui"]["resourceUri"] == "ui://list_shelf/library/shelf.html"
    response = read(caller, "ui://list_shelf/library/shelf.html")
    assert error_of(response)["code"] == -32603

"""URIs in another form than the one that was listed: parsers of URLs rewrite them."""

import re
from collections.abc import Callable

import pytest

from mcp_api import resource
from mcp_api.registry import resources
from mcp_api.registry.uri_forms import normal_form, normal_template
from tests.mcp_api.conftest import Caller, misdeclared, result_of

pytestmark = pytest.mark.usefixtures("isolated_registry")


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("library://café", "library://caf%C3%A9"),
        ("library://a b", "library://a b"),
        ("library://books/a b", "library://books/a%20b"),
        ("https://example.com", "https://example.com/"),
        ("https://Example.com:443/Ä", "https://example.com/%C3%84"),
        ("library://one", "LIBRARY://one"),
        ("library://café", "library://caf%c3%a9"),
        ("urn:isbn:1", "urn:isbn:1"),
    ],
)
@pytest.mark.django_db
def test_resource_is_found_at_each_form_of_its_uri(caller: Caller, declared: str, sent: str) -> None:
    resource(declared)(lambda: "found")
    for uri in (declared, sent):
        [contents] = result_of(caller.modern("resources/read", {"uri": uri}))["contents"]
        assert (contents["uri"], contents["text"]) == (uri, "found")


@pytest.mark.parametrize(
    ("template", "sent", "values"),
    [
        ("library://bücher/{title}", "library://b%C3%BCcher/caf%C3%A9", {"title": "café"}),
        ("library://bücher/{title}", "library://bücher/café", {"title": "café"}),
        ("https://Example.com{?q}", "https://example.com/?q=%C3%A4", {"q": "ä"}),
        ("https://example.com{/path*}", "https://example.com/a/b", {"path": ["a", "b"]}),
        ("library://{name}", "library://caf%C3%A9", {"name": "café"}),
    ],
)
def test_template_matches_each_form_of_its_expansions(template: str, sent: str, values: dict[str, object]) -> None:
    [name] = values
    functions = {"title": lambda title: "", "q": lambda q: "", "path": lambda path: "", "name": lambda name: ""}
    resource(template)(functions[name])
    found = resources.find(sent)
    assert found is not None
    assert found[1] == values


def test_fixed_resource_goes_before_a_template_in_any_form() -> None:
    resource("library://{name}", name="any")(lambda name: "")
    resource("library://café", name="one")(lambda: "")
    for uri in ("library://café", "library://caf%C3%A9"):
        found = resources.find(uri)
        assert found is not None
        assert found[0].name == "one"


@pytest.mark.parametrize(
    "uri",
    ["library://a/../one", "library://a/%2E%2e/one", "library://a/./one", "library://a/one\n", "library://a/one\0"],
)
def test_what_parsers_would_take_away_makes_another_uri(uri: str) -> None:
    resource("library://a/one")(lambda: "")
    resource("library://one")(lambda: "")
    assert resources.find(uri) is None


@pytest.mark.parametrize("uri", ["", "no uri", "library://\ud800", "https://[", "https://exa mple.com/", "a" * 100_000])
def test_what_is_no_uri_is_compared_as_it_is(uri: str) -> None:
    assert normal_form(uri) == uri
    assert resources.find(uri) is None


@pytest.mark.parametrize(
    ("template", "normal"),
    [
        ("library://books{/genre}{?author,year}", "library://books{/genre}{?author,year}"),
        ("https://example.com{/path*}", "https://example.com{/path*}"),
        ("https://example.com{?q}", "https://example.com/{?q}"),
        ("https://{host}/x", "https://{host}/x"),
        ("library://ä/{+path}#{x}", "library://%C3%A4/{+path}#{x}"),
        ("a:{b}{c}", "a:{b}{c}"),
        ("https://example.com/a/../{x}", "https://example.com/{x}"),
        ("https://[{x}]/", "https://[{x}]/"),
    ],
)
def test_template_keeps_its_expressions(template: str, normal: str) -> None:
    assert normal_template(template) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("library://café", "library://caf%C3%A9"),
        ("a://ä/{x}", "a://%C3%A4/{x}"),
        ("a://b/{x}", "a://b/{y}"),
        ("a://b{/x*}", "a://b{/y*}"),
    ],
)
def test_two_forms_of_one_uri_are_not_two_resources(one: str, other: str) -> None:
    functions: dict[str, Callable[..., str]] = {"x": lambda x: "", "y": lambda y: ""}
    none: Callable[..., str] = lambda: ""  # noqa: E731 - as the others
    resource(one)(functions["x"] if "{" in one else none)
    with misdeclared("mcp_api.E001", match=re.escape(f"'{one}' and '{other}' are the same URI for clients")):
        resource(other)(functions["y" if "y" in other else "x"] if "{" in other else none)


def test_templates_whose_expansions_differ_are_two_resources() -> None:
    resource("a://b{?x}")(lambda x="": "")
    resource("a://b{?y}")(lambda y="": "")
    resource("a://b/{x}")(lambda x: "")
    resource("a://b/{+x}")(lambda x: "")
    assert len([uri for uri in resources.resources if uri.startswith("a://b")]) == 4

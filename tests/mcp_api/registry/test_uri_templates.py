"""RFC 6570 in reverse: the variables of a template are read from its expansion."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared.uri_template import UriTemplate

from mcp_api.registry.uri_templates import template_of
from mcp_api.schemas.declaration_errors import DeclarationError


@pytest.mark.parametrize(
    ("template", "uri", "variables"),
    [
        ("a://{x}", "a://1", {"x": "1"}),
        ("a://{x}", "a://1/2", None),
        ("a://{x}", "a://", None),
        ("a://{x}", "a://%C3%A9%2F", {"x": "é/"}),
        ("a://{x}/b/{y}", "a://1/b/2", {"x": "1", "y": "2"}),
        ("a://{x}.txt", "a://1.txt", {"x": "1"}),
        ("a://{x}.txt", "a://1_txt", None),
        # The examples of section 3.2, with its variables.
        ("map?{x,y}", "map?1024,768", {"x": "1024", "y": "768"}),
        ("{+path}/here", "/foo/bar/here", {"path": "/foo/bar"}),
        ("{+x,hello,y}", "1024,Hello%20World!,768", {"x": "1024", "hello": "Hello World!", "y": "768"}),
        ("X{#x,hello,y}", "X#1024,Hello%20World!,768", {"x": "1024", "hello": "Hello World!", "y": "768"}),
        ("X{#x}", "X", {}),
        ("www{.dom*}", "www.example.com", {"dom": ["example", "com"]}),
        ("{/var,x}/here", "/value/1024/here", {"var": "value", "x": "1024"}),
        ("{/var,x}/here", "/value/here", {"var": "value"}),
        ("{/list*}", "/red/green/blue", {"list": ["red", "green", "blue"]}),
        ("a{/list*}", "a//", None),
        ("a{;x,y,empty}", "a;x=1024;y=768;empty", {"x": "1024", "y": "768", "empty": ""}),
        ("a{?x,y}", "a?x=1024&y=768", {"x": "1024", "y": "768"}),
        ("a{?x,y}", "a?y=768&x=1/2?", {"x": "1/2?", "y": "768"}),
        ("a{?x,y}", "a", {}),
        ("a{?x,y}", "a?z=1", None),
        ("a{?list*}", "a?list=red&list=green", {"list": ["red", "green"]}),
        ("a?fixed=yes{&x}", "a?fixed=yes&x=1024", {"x": "1024"}),
        ("a{?x}{#part}", "a?x=1#two", {"x": "1", "part": "two"}),
    ],
)
def test_template_matches_what_it_expands_to(template: str, uri: str, variables: dict[str, Any] | None) -> None:
    assert template_of(template).match(uri) == variables


@pytest.mark.parametrize(
    ("template", "uri", "variables"),
    [
        ("lib://{author}-{title}", "lib://a-b-c", {"author": "a", "title": "b-c"}),
        ("{+path}{?line}", "/a/b?line=3", {"path": "/a/b", "line": "3"}),
        ("{+path}{?line}", "/a?b", None),
        ("{x,y}", "1,2,3", {"x": "1", "y": "2,3"}),
        ("{+a}{+b}", "123", {"a": "1", "b": "23"}),
        ("a{/x}{+rest}", "a/b/c", {"x": "b", "rest": "/c"}),
    ],
)
def test_of_several_readings_the_first_values_are_the_shortest(
    template: str, uri: str, variables: dict[str, Any] | None
) -> None:
    assert template_of(template).match(uri) == variables


def test_uri_with_a_lone_surrogate_matches_nothing() -> None:
    assert template_of("a://{x}").match("a://\ud800") is None


# Of another hand: the official SDK's expansion.
text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
lists = st.lists(text, min_size=1, max_size=4)


@pytest.mark.parametrize(
    "template", ["a://{x}/{y}", "a:{.x}/b{/y}", "a{;x,y}", "a{?x,y}", "a?b=c{&x}{#y}", "a/{x}{?y}", "{x,y}", "a{/x,y}"]
)
@given(x=text, y=text)
def test_values_come_back_as_they_were_expanded(template: str, x: str, y: str) -> None:
    expanded = UriTemplate.parse(template).expand({"x": x, "y": y})
    assert template_of(template).match(expanded) == {"x": x, "y": y}


@pytest.mark.parametrize("template", ["a{/x*}", "a{;x*}"])
@given(x=lists)
def test_lists_come_back_as_they_were_expanded(template: str, x: list[str]) -> None:
    expanded = UriTemplate.parse(template).expand({"x": x})
    assert template_of(template).match(expanded) == {"x": x}


def test_long_address_that_nearly_matches_is_refused_soon() -> None:
    for template in ("a{+x*}!", "a{x*}!", "a{.x*}!", "a{/x*}!", "a{?x*}!", "a{;x*}!"):
        for filling in (",", ".", "/a", "&a=", ";a="):
            assert template_of(template).match("a?;/." + filling * 500) is None


@pytest.mark.parametrize("template", ["a{x:3}", "a{x", "a}x", "a{}", "a{x,}", "a{x}/{x}", "a{{x}}", "a{|x}", "a{x-y}"])
def test_template_that_cannot_be_read_back_is_refused(template: str) -> None:
    with pytest.raises(DeclarationError) as wrong:
        template_of(template)
    assert wrong.value.check == "mcp_api.E008"
    assert wrong.value.hint

"""Pages of apps: static files are in them, and what is wrong with them is found at start-up."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from mcp_api import App, tool
from mcp_api.checks import refuse_wrong_declarations
from mcp_api.checks.apps import check_apps
from mcp_api.extensions.apps.pages import page_of
from mcp_api.registry.tools import tools as registered
from tests.mcp_api.conftest import misdeclared
from tests.mcp_api.extensions.apps.conftest import Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("isolated_registry", "templates", "statics")]

NAME = "library/shelf.html"


def declare(app: Any = NAME) -> None:
    def list_shelf() -> list[str]:
        """List the shelf."""
        return ["Dune"]

    tool(read_only=True, app=app)(list_shelf)


def html() -> str:
    return page_of(registered["list_shelf"]).html


def problems() -> list[str | None]:
    return [message.id for message in check_apps()]


def test_style_sheets_scripts_and_pictures_are_in_the_page(templates: Write, statics: Write) -> None:
    statics("library/a.css", "p { color: red } </style><b>")
    statics("library/a.js", "let a = '</script>';")
    statics("library/a.svg", "<svg/>")
    templates(
        NAME,
        """{% load static %}<link rel="stylesheet" href="{% static 'library/a.css' %}">
<script type="module" src="{% static 'library/a.js' %}"></script><img src='{% static "library/a.svg" %}' alt="A">""",
    )
    declare()
    assert html() == (
        """<style>p { color: red } <\\/style><b></style>
<script type="module">let a = '<\\/script>';</script><img src='data:image/svg+xml;base64,PHN2Zy8+' alt="A">"""
    )
    assert problems() == []


def test_other_addresses_stay_as_they_are(templates: Write) -> None:
    text = '<script src="https://cdn.example.com/a.js"></script><img src="data:,"><a href="/static/a.css">A</a>'
    templates(NAME, text)
    declare()
    assert html() == text


def test_collected_static_files_are_read_from_the_storage(
    templates: Write, statics: Write, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path / "root"
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.0123.css").write_text("p { }")
    templates(NAME, '{% load static %}<link href="{% static "a.0123.css" %}" rel=stylesheet>')
    declare()
    assert html() == "<style>p { }</style>"


@pytest.mark.parametrize(
    ("text", "check", "words"),
    [
        ("{% extends 'library/missing.html' %}", "mcp_api.E030", "library/missing.html"),
        ("{% nothing %}", "mcp_api.E031", "nothing"),
        ("{% url 'nowhere' %}", "mcp_api.E031", "nowhere"),
        ("{% load static %}<img src=\"{% static 'no.png' %}\">", "mcp_api.E033", "no.png"),
        ("<link rel=stylesheet href='/static/../secret'>", "mcp_api.E033", "../secret"),
    ],
)
def test_page_that_cannot_be_made_is_found_at_start_up(templates: Write, text: str, check: str, words: str) -> None:
    templates(NAME, text)
    declare()
    [message] = check_apps()
    assert message.id == check
    assert words in message.msg
    assert "list_shelf" in str(message.obj)
    with pytest.raises(ImproperlyConfigured, match=check):
        refuse_wrong_declarations()


def test_template_that_is_not_there_is_found_at_start_up() -> None:
    declare("library/nothing.html")
    assert problems() == ["mcp_api.E030"]


@pytest.mark.parametrize(
    "app",
    [
        7,
        "",
        App(),
        App(template=NAME, visibility=()),
        App(template=NAME, visibility="person"),
        App(template=NAME, permissions="payment"),
        App(template=NAME, connect_domains="api.example.com"),
        App(template=NAME, connect_domains="https://api.example.com/path"),
        App(template=NAME, resource_domains=["https://a.example.com; script-src *"]),
        App(template=NAME, resource_domains=["*"]),
        App(template=NAME, frame_domains=["data:"]),
    ],
)
def test_option_without_a_meaning_is_found_at_start_up(app: Any) -> None:
    with misdeclared("mcp_api.E032"):
        declare(app)
    assert "list_shelf" not in registered

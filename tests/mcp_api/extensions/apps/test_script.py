"""The scripts of pages are small, and are put into them."""

import pytest
from django.contrib.staticfiles import finders

from mcp_api import tool
from mcp_api.extensions.apps.pages import page_of
from mcp_api.registry.tools import tools as registered
from tests.conftest import PROJECT

SCRIPTS = {"app.js": 10_000, "app_lists.js": 2_000, "app.css": 4_000}


@pytest.mark.parametrize("name", SCRIPTS)
def test_file_of_pages_is_small_and_has_no_dependency(name: str) -> None:
    text = (PROJECT / "mcp_api" / "static" / "mcp_api" / name).read_text()
    assert len(text.encode()) < SCRIPTS[name]
    assert "import " not in text
    assert "innerHTML" not in text
    assert "eval(" not in text


@pytest.mark.usefixtures("isolated_registry")
def test_page_of_the_base_template_loads_nothing() -> None:
    @tool(read_only=True, app="mcp_api/app.html")
    def show_nothing() -> list[str]:
        """Show nothing."""
        return []

    html = page_of(registered["show_nothing"]).html
    assert finders.find("mcp_api/app.js")
    assert "ui/initialize" in html
    assert " src=" not in html
    assert "<link" not in html
    assert 'data-tool="show_nothing"' in html

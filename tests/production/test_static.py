"""Styles and scripts, served by gunicorn itself: nobody has to collect them first."""

import re

import httpx2
import pytest

from tests.support.servers.server import LiveServer

pytestmark = pytest.mark.any_database

REFERENCE = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/accounts/password/reset/"])
def test_whatever_a_page_refers_to_is_there(server: LiveServer, page: str) -> None:
    references = REFERENCE.findall(httpx2.get(f"{server.url}{page}").text)

    assert any(reference.endswith(".css") for reference in references)
    for reference in references:
        response = httpx2.get(f"{server.url}{reference}")
        assert response.status_code == 200, reference
        assert response.content
        assert "html" not in response.headers["Content-Type"]


def test_ours_and_admins_styles_are_served_as_styles(server: LiveServer) -> None:
    for path in ("/static/oauth_mcp/pages.css", "/static/admin/css/base.css"):
        response = httpx2.get(f"{server.url}{path}")
        assert response.headers["Content-Type"].startswith("text/css")
        assert "max-age" in response.headers["Cache-Control"]
        again = httpx2.get(f"{server.url}{path}", headers={"If-Modified-Since": response.headers["Last-Modified"]})
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["no.css", "", "oauth_mcp/", "../manage.py", "%2e%2e/%2e%2e/manage.py", "%00", "oauth_mcp/%00"]
)
def test_nothing_else_is_served(server: LiveServer, path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        response = httpx2.request(method, f"{server.url}/static/{path}")
        assert response.status_code in (400, 403, 404, 405)
        assert "DJANGO_SETTINGS_MODULE" not in response.text


@pytest.mark.parametrize(
    ("path", "kind", "beginning"),
    [("/favicon.ico", "image/", b"\0\0\1\0"), ("/robots.txt", "text/plain", b"User-agent: *\nDisallow: /\n")],
)
def test_files_that_programs_ask_for_by_themselves_are_there(
    server: LiveServer, path: str, kind: str, beginning: bytes
) -> None:
    response = httpx2.get(f"{server.url}{path}")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(kind)
    assert response.content.startswith(beginning)

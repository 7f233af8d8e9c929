"""Headers, sizes and CORS of the server's views in a site without the server's middleware, on threads and on a loop."""

import httpx2
import pytest

from tests.sites.connection import Connection, result_of
from tests.sites.site import Site

ORIGIN = "https://app.example"
# That differ from one response to the next.
CHANGING = {"date", "expires", "set-cookie"}
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module", params=["served", "served_by_loop"])
def server(request: pytest.FixtureRequest, site_before: Site) -> Site:
    site: Site = request.getfixturevalue(request.param)
    return site


@pytest.fixture(scope="module")
def connection(server: Site) -> Connection:
    return Connection(server, "ada@club.example")


def test_tool_is_called(connection: Connection) -> None:
    assert "Court 4" in str(result_of(connection.call("list_bookings")))


def test_pages_of_the_site_have_the_headers_that_they_had(server: Site, site_before: Site) -> None:
    paths = ["/", "/sign-in/", "/admin/", "/nowhere", "/.well-known/security.txt"]

    def responses(url: str) -> list[tuple[int, bytes, list[tuple[str, str]]]]:
        answers = [httpx2.get(url + path, headers={"Origin": ORIGIN}) for path in paths]
        return [(each.status_code, shown(each), without_changing(each.headers)) for each in answers]

    after = responses(server.url)
    with site_before.served("asgi" if "loop" in str(server.folder) else "wsgi"):
        before = responses(site_before.url)
    for path, was, is_now in zip(paths, before, after, strict=True):
        assert is_now == was, path


def shown(response: httpx2.Response) -> bytes:
    """The content, without the token of its form."""
    before, _, after = response.content.partition(b'name="csrfmiddlewaretoken" value="')
    return before + after[64:]


def without_changing(headers: httpx2.Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.multi_items() if name not in CHANGING]


def test_page_of_the_server_has_its_security_headers(server: Site, connection: Connection) -> None:
    page = connection.person.open(f"{server.url}/apps")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'; " in policy
    assert "form-action 'self'; frame-ancestors 'none'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert "no-store" in page.headers["Cache-Control"]
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert page.headers["X-Request-ID"]
    assert "Access-Control-Allow-Origin" not in page.headers


def test_own_name_and_page_are_shown(server: Site, connection: Connection) -> None:
    page = connection.person.open(f"{server.url}/apps").text
    assert "OAuth MCP Server</title>" in page
    assert '<footer><a href="/">OAuth MCP Server</a>' in page


def test_response_has_the_id_of_its_event(server: Site, connection: Connection) -> None:
    response = connection.call("list_bookings")
    given = response.headers["X-Request-ID"]
    assert server.shell(f"print(Event.objects.filter(request_id={given!r}).count())") == "1"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/register", "/.well-known/oauth-authorization-server"])
def test_page_of_any_origin_may_use_the_endpoints_without_a_cookie(server: Site, path: str) -> None:
    preflight = httpx2.options(server.url + path, headers=PREFLIGHT)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    response = httpx2.get(server.url + path, headers={"Origin": ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_page_of_another_origin_may_not_use_the_mcp_endpoint(server: Site, connection: Connection) -> None:
    preflight = httpx2.options(f"{server.url}/mcp", headers=PREFLIGHT)
    assert "Access-Control-Allow-Origin" not in preflight.headers
    token = {"Authorization": f"Bearer {connection.tokens['access_token']}", "Origin": ORIGIN}
    assert httpx2.post(f"{server.url}/mcp", json={}, headers=token).status_code == 403


def test_page_of_the_site_may_use_the_mcp_endpoint(server: Site, connection: Connection) -> None:
    own = {"Origin": server.url}
    preflight = httpx2.options(f"{server.url}/mcp", headers=PREFLIGHT | own)
    assert preflight.headers["Access-Control-Allow-Origin"] == server.url
    challenge = httpx2.post(f"{server.url}/mcp", json={}, headers=own)
    assert challenge.status_code == 401
    assert challenge.headers["Access-Control-Allow-Origin"] == server.url
    assert "WWW-Authenticate" in challenge.headers["Access-Control-Expose-Headers"]
    assert challenge.headers["X-Request-ID"]
    assert challenge.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "octets"), [("/oauth/register", 70_000), ("/oauth/token", 70_000), ("/mcp", 3_000_000)]
)
def test_body_that_is_too_large_is_refused(server: Site, connection: Connection, path: str, octets: int) -> None:
    headers = {"Authorization": f"Bearer {connection.tokens['access_token']}", "Content-Type": "application/json"}
    if path == "/oauth/token":
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = httpx2.post(server.url + path, content=b"x" * octets, headers=headers)
    assert response.status_code == 413
    assert response.headers["Content-Type"].startswith("application/json")


def test_body_that_is_sent_in_chunks_is_limited(server: Site, connection: Connection) -> None:
    headers = {"Authorization": f"Bearer {connection.tokens['access_token']}", "Content-Type": "application/json"}
    chunks = (b"x" * 100_000 for _ in range(40))
    assert httpx2.post(f"{server.url}/mcp", content=chunks, headers=headers).status_code in (400, 413)


def test_other_forms_of_well_known_addresses_are_refused_in_json(server: Site) -> None:
    response = httpx2.get(f"{server.url}/.well-known/oauth-authorization-server/mcp")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"


def test_page_for_people_alone_asks_for_a_sign_in(server: Site) -> None:
    response = httpx2.get(f"{server.url}/apps")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/?next=")


@pytest.mark.postgres_only
def test_event_loop_serves_the_endpoint_outside_of_the_site_s_middleware(served_by_loop: Site) -> None:
    response = httpx2.post(f"{served_by_loop.url}/mcp", json={})
    assert response.status_code == 401
    assert "Cross-Origin-Opener-Policy" not in response.headers
    assert "Cross-Origin-Opener-Policy" in httpx2.get(f"{served_by_loop.url}/sign-in/").headers

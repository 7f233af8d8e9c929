"""Three servers at one host, at its root and below two paths: cookies, tokens, redirects and addresses of each."""

import re

import httpx2
import pytest

from tests.production.below_a_path.conftest import OTHER
from tests.production.below_a_path.proxies import PATH, ServerBelow
from tests.support.oauth.http_client import App, parameters_of, register
from tests.support.people.browser import FormReader, Person

# Tests without this mark run on both databases: with threads and with an event loop.
any_database = pytest.mark.any_database

PATHS = ["", PATH, OTHER]
ELSEWHERE = [
    "/other/admin/",
    "/",
    "/admin/",
    "/toolsother/",
    "/tools/../other/",
    "/tools/%2e%2e/other/",
    "/tools/..%2fother/",
    "/tools/..\\other/",
    "\\other",
    "//attacker.example/tools/",
    "https://attacker.example/tools/",
]
LINK = re.compile(r"""(?:href|src|action)="(/[^"]*)\"""")


def connect(server: ServerBelow, person: Person) -> tuple[App, dict[str, str]]:
    registered = register(server).json()
    app = App(server, registered["client_id"], registered["client_secret"])
    location = person.approve(app.authorization_url())
    assert parameters_of(location)["iss"] == server.url
    return app, app.redeem(parameters_of(location)["code"]).json()


def origin_of(server: ServerBelow) -> str:
    return server.proxy.url


def test_one_browser_stays_signed_in_at_all_servers_of_a_host(servers: dict[str, ServerBelow]) -> None:
    person = Person("demo", "demo123")
    for path in PATHS:
        connect(servers[path], person)
    for path in PATHS:
        before = len(person.pages)
        page = person.open(f"{servers[path].url}/apps/")
        assert (page.status_code, len(person.pages) - before) == (200, 1), path
    # A sign-out at one ends no session of another.
    cookies = {cookie.name: cookie.path for cookie in person.cookies.jar}
    assert cookies["__Host-sessionid"] == "/"
    assert cookies["__Secure-sessionid+tools"] == PATH
    assert cookies["__Secure-csrftoken+tools"] == PATH
    assert cookies["__Secure-sessionid+other"] == OTHER
    with httpx2.Client(cookies=person.cookies) as browser:
        page = browser.get(f"{servers[PATH].url}/accounts/logout/")
        [form] = FormReader.read(page.text)
        browser.post(str(page.url), data=dict(form.fields), headers={"Referer": str(page.url)})
        answers = [browser.get(f"{servers[path].url}/apps/").status_code for path in PATHS]
    assert answers == [200, 302, 200]


@any_database
@pytest.mark.parametrize("path", PATHS)
def test_every_cookie_is_of_one_server(servers: dict[str, ServerBelow], path: str) -> None:
    person = Person("demo", "demo123")
    connect(servers[path], person)
    lines = [line for page in person.pages for line in page.headers.get_list("Set-Cookie")]
    assert lines
    for line in lines:
        assert f"; Path={path or '/'};" in f"{line};"
        assert "; Secure" in line
        assert ("+" in line.split("=")[0]) == bool(path)


def test_token_of_one_server_is_refused_at_the_others(servers: dict[str, ServerBelow]) -> None:
    for path in PATHS:
        _, tokens = connect(servers[path], Person("demo", "demo123"))
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        statuses = {
            each: httpx2.post(servers[each].mcp_url, json=message, headers=bearer).status_code for each in PATHS
        }
        assert statuses == {each: 200 if each == path else 401 for each in PATHS}


@any_database
@pytest.mark.parametrize("path", PATHS)
def test_metadata_is_where_each_specification_puts_it(servers: dict[str, ServerBelow], path: str) -> None:
    server = servers[path]
    known = f"{origin_of(server)}/.well-known"
    for address in (
        f"{known}/oauth-authorization-server{path}",
        f"{server.url}/.well-known/oauth-authorization-server",
    ):
        document = httpx2.get(address).json()
        assert document["issuer"] == server.url
        assert all(
            value.startswith(f"{server.url}/")
            for name, value in document.items()
            if name.endswith(("_endpoint", "_uri"))
        )
    for address in (
        f"{known}/oauth-protected-resource{path}/mcp",
        f"{known}/oauth-protected-resource{path}",
        f"{server.url}/.well-known/oauth-protected-resource/mcp",
    ):
        document = httpx2.get(address).json()
        assert (document["resource"], document["authorization_servers"]) == (server.mcp_url, [server.url])
    challenge = httpx2.post(server.mcp_url, json={}).headers["WWW-Authenticate"]
    assert f'resource_metadata="{known}/oauth-protected-resource{path}/mcp"' in challenge


@any_database
@pytest.mark.parametrize("path", PATHS[1:])
def test_server_below_a_path_answers_nowhere_else(servers: dict[str, ServerBelow], path: str) -> None:
    server = servers[path]
    with httpx2.Client(base_url=f"http://localhost:{server.port}", headers={"X-Forwarded-Proto": "https"}) as direct:
        for method, address in (
            ("POST", "/mcp"),
            ("GET", "/"),
            ("GET", "/admin/"),
            ("GET", f"{path}s/mcp"),
            ("GET", f"/{path}/mcp"),
            ("POST", "/oauth/token"),
            ("GET", "/.well-known/oauth-authorization-server"),
            ("GET", f"/.well-known/oauth-protected-resource{path}s/mcp"),
            ("HEAD", "/mcp"),
        ):
            answer = direct.request(method, address)
            assert answer.status_code == 404, address
            assert method == "HEAD" or server.url in answer.json()["error_description"]
        assert direct.get("/health/live").status_code == 200
        assert direct.post(f"{path}/mcp", json={}).status_code == 401


@any_database
@pytest.mark.parametrize("path", PATHS[1:])
def test_every_link_of_pages_stays_below_the_path(servers: dict[str, ServerBelow], path: str) -> None:
    server = servers[path]
    demo, admin = Person("demo", "demo123"), Person("admin", "admin-password")
    pages = [demo.open(f"{server.url}{page}") for page in ("/", "/apps/", "/device", "/tools/", "/accounts/2fa/")]
    pages += [admin.open(f"{server.url}{page}") for page in ("/admin/", "/admin/oauth_mcp/client/")]
    pages.append(httpx2.get(f"{server.url}/nothing/", headers={"Accept": "text/html"}))
    links = {link for page in pages for link in LINK.findall(page.text)}
    assert len(links) > 20
    assert [link for link in links if link != path and not link.startswith(f"{path}/")] == []
    styles = [link for link in links if link.endswith((".css", ".js", ".svg"))]
    assert styles
    assert {httpx2.get(origin_of(server) + link).status_code for link in styles} == {200}


@any_database
@pytest.mark.parametrize("following", ELSEWHERE)
def test_sign_in_continues_below_the_path_alone(server: ServerBelow, following: str) -> None:
    with httpx2.Client() as browser:
        page = browser.get(f"{server.url}/accounts/login/", params={"next": following})
        form = next(form for form in FormReader.read(page.text) if form.passwords)
        sent = {**dict(form.fields), "login": "demo", "password": "demo123"}
        answer = browser.post(str(page.url), data=sent, headers={"Referer": str(page.url)})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{PATH}/")
        # The same for somebody who is signed in already.
        answer = browser.get(f"{server.url}/accounts/login/", params={"next": following})
        assert answer.headers["Location"] == f"{PATH}/"


@any_database
def test_pages_without_slash_or_https_lead_below_the_path(server: ServerBelow) -> None:
    assert httpx2.get(server.url).status_code == 200
    assert httpx2.get(f"{server.url}/admin").headers["Location"] == f"{PATH}/admin/"
    assert httpx2.get(f"{server.url}/accounts/login").headers["Location"] == f"{PATH}/accounts/login/"
    direct = httpx2.get(
        f"http://localhost:{server.port}{PATH}/accounts/login/", headers={"Host": origin_of(server).partition("//")[2]}
    )
    assert (direct.status_code, direct.headers["Location"]) == (301, f"{server.url}/accounts/login/")
    plain = httpx2.post(f"http://localhost:{server.port}{PATH}/oauth/token")
    assert plain.status_code == 400


@any_database
def test_web_page_of_the_host_may_read_the_endpoint(server: ServerBelow) -> None:
    answer = httpx2.post(server.mcp_url, json={}, headers={"Origin": origin_of(server)})
    assert answer.headers["Access-Control-Allow-Origin"] == origin_of(server)
    refused = httpx2.post(server.mcp_url, json={}, headers={"Origin": "https://attacker.example"})
    assert refused.status_code == 403

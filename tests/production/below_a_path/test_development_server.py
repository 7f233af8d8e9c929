"""`manage.py runserver` below a path: pages, admin, the page of tools, and a passkey in a real browser."""

import re
import socket
import subprocess
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, browser, new_tab
from tests.production.below_a_path.proxies import PATH
from tests.support.database import ADMIN_PASSWORD, Template, environment_of
from tests.support.people.authenticators import DEVICE
from tests.support.people.browser import FormReader, Person
from tests.support.servers.python_process import PythonProcess, start_python
from tests.support.servers.server import LiveServer

__all__ = ["browser"]

pytestmark = pytest.mark.any_database

LINK = re.compile(r"""(?:href|src|action)="(/[^"]*)\"""")


class DevelopmentServer(LiveServer):
    """`manage.py runserver`, whose PUBLIC_URL has a path."""

    @property
    def url(self) -> str:
        return super().url + PATH

    def _start_gunicorn(self, listener: socket.socket) -> "subprocess.Popen[bytes] | PythonProcess":
        listener.close()
        arguments = ["manage.py", "runserver", "--noreload", str(self.port)]
        env = environment_of(self.database, self.settings)
        output = self._output
        return start_python(arguments, env=env, folder=self.project, stdout=output, stderr=output, new_session=True)


@pytest.fixture(scope="module")
def server(template: Template) -> Iterator[DevelopmentServer]:
    with DevelopmentServer(template, env={"DEBUG": "true"}) as running:
        yield running


def test_page_of_tools_calls_one_and_all_links_stay_below_the_path(server: DevelopmentServer) -> None:
    person, root = Person("admin", ADMIN_PASSWORD), server.url.removesuffix(PATH)
    paths = ("/", "/tools/", "/tools/get_user_info", "/admin/", "/apps/")
    pages = {path: person.open(server.url + path) for path in paths}
    assert {path: str(page.url) for path, page in pages.items()} == {path: server.url + path for path in paths}
    links = {link for page in pages.values() for link in LINK.findall(page.text)}
    assert [link for link in links if link != PATH and not link.startswith(f"{PATH}/")] == []
    files = [link for link in links if link.partition("?")[0].endswith((".css", ".js", ".svg"))]
    assert files
    assert {httpx2.get(root + link).status_code for link in files} == {200}
    page = pages["/tools/get_user_info"]
    [form] = [form for form in FormReader.read(page.text) if form.method == "post" and not form.action]
    with httpx2.Client(cookies=person.cookies) as client:
        called = client.post(str(page.url), data=dict(form.fields), headers={"Referer": str(page.url)})
    assert called.status_code == 200
    assert re.search(r"mcp ok action='[^']*get_user_info'", server.log)
    assert f"The server's address is {server.url}" in server.log


def test_passkey_is_added_and_signs_in_below_the_path(server: DevelopmentServer, browser: Browser) -> None:
    server.add_person("ada", "a-long-password-of-hers")
    with new_tab(browser, DESKTOP) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        page.goto(f"{server.url}/accounts/login/?next={PATH}/accounts/2fa/")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill("a-long-password-of-hers")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_label("Password").fill("a-long-password-of-hers")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        page.goto(f"{server.url}/")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are not signed in.")).to_be_visible()
        page.goto(f"{server.url}/accounts/login/?next={PATH}/apps/")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(f"{server.url}/apps/")

"""A person at a browser, scripted: signs in, reads the consent page and answers it, over real HTTP."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin, urlsplit

import httpx2

# More than a sign-in and a consent need; a loop of redirects ends here.
MOST_STEPS = 12
TIMEOUT_SECONDS = 30


class UnexpectedPage(AssertionError):
    """The person was shown something that they could neither sign in to nor answer."""

    def __init__(self, response: httpx2.Response, why: str) -> None:
        super().__init__(f"{why} at {response.url} ({response.status_code}):\n{response.text[:3000]}")
        self.response = response


@dataclass
class Form:
    """One form of a page: where it goes, what it sends as it stands, and which buttons it has."""

    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class FormReader(HTMLParser):
    """Collects the forms of a page with the values that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    @classmethod
    def read(cls, html: str) -> list[Form]:
        """Return the forms of a page, without that for the language, which each page has at its foot."""
        reader = cls()
        reader.feed(html)
        return [form for form in reader.forms if not form.action.rstrip("/").endswith("/language")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None or "disabled" in attributes:
            return
        elif tag == "input":
            self._add_input(self._form, attributes)
        elif tag == "button" and attributes.get("type", "submit") == "submit":
            self._form.buttons.append((attributes.get("name", ""), attributes.get("value", "")))
        elif tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option" and "selected" in attributes:
            self._form.fields.append((self._select, attributes.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    @staticmethod
    def _add_input(form: Form, attributes: dict[str, str]) -> None:
        kind, name, value = attributes.get("type", "text"), attributes.get("name", ""), attributes.get("value", "")
        if kind in ("submit", "image"):
            form.buttons.append((name, value))
        elif kind in ("checkbox", "radio"):
            if "checked" in attributes:
                form.fields.append((name, value or "on"))
        elif name:
            form.fields.append((name, value))
            if kind == "password":
                form.passwords.append(name)


def return_link(html: str) -> str:
    """Return the target of a page's link back to the client (accounts/oauth/external_redirect.py)."""
    link = re.search(r'<a [^>]*id="return"[^>]*href="([^"]+)"', html)
    assert link, html
    return unescape(link[1])


class Person:
    """Somebody with a user name, a password, perhaps a `code` of a second factor, and one browser, which keeps them
    signed in.

    Each answer returns the address, with its code or error, at which the browser leaves the
    server: it is not followed. `pages` holds the answers that the server gave, in order. `headers`
    go with each request, such as a proxy's X-Forwarded-Proto.
    """

    def __init__(self, username: str, password: str, *, code: str = "", headers: dict[str, str] | None = None) -> None:
        self.username = username
        self.password = password
        self.code = code
        self.headers = headers or {}
        self.cookies = httpx2.Cookies()
        self.pages: list[httpx2.Response] = []

    def approve(self, authorization_url: str) -> str:
        """Sign in where asked to, approve, and return the redirect to the client."""
        return self._answer(authorization_url, "approve")

    def cancel(self, authorization_url: str) -> str:
        """Sign in where asked to, cancel, and return the redirect to the client."""
        return self._answer(authorization_url, "cancel")

    def open(self, url: str) -> httpx2.Response:
        """Sign in where asked to and return the page that is then shown, such as the consent page.

        Raises UnexpectedPage when the browser is sent away from the server instead.
        """
        with _Browser(self) as browser:
            response = browser.sign_in(browser.visit("GET", url))
        if browser.left_for:
            raise UnexpectedPage(response, f"Sent away to {browser.left_for}")
        return response

    def approve_device(self, complete_uri: str) -> httpx2.Response:
        """Sign in where asked to, confirm the code in the link of a device, and approve. Returns the last page."""
        with _Browser(self) as browser:
            consent = browser.confirm_code(browser.sign_in(browser.visit("GET", complete_uri)))
            form = _form_with_button(consent, "decision", "approve")
            return browser.submit(consent, form, [*form.fields, ("decision", "approve")])

    def confirm_code(self, complete_uri: str) -> httpx2.Response:
        """Sign in where asked to, confirm the code in the link of a device, and return the consent page."""
        with _Browser(self) as browser:
            return browser.confirm_code(browser.sign_in(browser.visit("GET", complete_uri)))

    def _answer(self, url: str, decision: str) -> str:
        with _Browser(self) as browser:
            response = browser.sign_in(browser.visit("GET", url))
            if not browser.left_for:
                form = _form_with_button(response, "decision", decision)
                response = browser.submit(response, form, [*form.fields, ("decision", decision)])
        if not browser.left_for:
            raise UnexpectedPage(response, f"The {decision} did not lead back to the client")
        return browser.left_for


class _Browser:
    """A person's browser while it is open: follows redirects within the server, and says where it left."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.left_for = ""
        self.client = httpx2.Client(headers=person.headers, cookies=person.cookies, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.person.cookies = self.client.cookies
        self.client.close()

    def sign_in(self, response: httpx2.Response) -> httpx2.Response:
        """Fill in the sign-in form if that is what is shown."""
        form = next((form for form in FormReader.read(response.text) if form.passwords), None)
        if form is None or self.left_for:
            return response
        mine = {**dict.fromkeys(("login", "username"), self.person.username), form.passwords[0]: self.person.password}
        response = self.submit(response, form, [(name, mine.get(name, value)) for name, value in form.fields])
        if not self.left_for and any(form.passwords for form in FormReader.read(response.text)):
            raise UnexpectedPage(response, f"{self.person.username} could not sign in")
        return self._enter_code(response) if self.person.code else response

    def _enter_code(self, response: httpx2.Response) -> httpx2.Response:
        form = next((form for form in FormReader.read(response.text) if "code" in dict(form.fields)), None)
        if form is None:
            raise UnexpectedPage(response, "No code was asked for")
        return self.submit(
            response, form, [*((k, v) for k, v in form.fields if k != "code"), ("code", self.person.code)]
        )

    def confirm_code(self, page: httpx2.Response) -> httpx2.Response:
        form = next(form for form in FormReader.read(page.text) if "user_code" in dict(form.fields))
        return self.submit(page, form, form.fields)

    def submit(self, page: httpx2.Response, form: Form, fields: list[tuple[str, str]]) -> httpx2.Response:
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
        headers = {"Origin": self.person.headers.get("Origin", origin), "Referer": str(page.url)}
        return self.visit(form.method.upper(), urljoin(str(page.url), form.action), data=data, headers=headers)

    def visit(
        self, method: str, url: str, data: dict[str, list[str]] | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        server = _origin(url)
        for _ in range(MOST_STEPS):
            response = self.client.request(method, url, data=data, headers=headers)
            self.person.pages.append(response)
            if not response.has_redirect_location:
                return response
            url = urljoin(url, response.headers["Location"])
            if _origin(url) != server:
                self.left_for = url
                return response
            # As browsers do, whatever the method was: except for 307 and 308, which repeat it.
            if response.status_code not in (307, 308):
                method, data, headers = "GET", None, None
        raise UnexpectedPage(response, "Redirected without end")


def _form_with_button(response: httpx2.Response, name: str, value: str) -> Form:
    for form in FormReader.read(response.text):
        if (name, value) in form.buttons:
            return form
    raise UnexpectedPage(response, f"No form with a button {name}={value}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc

"""Every path of the URL table, sent arbitrary queries, bodies, headers and cookies."""

from urllib.parse import quote_from_bytes, urlencode

from django.test import Client as Browser
from hypothesis import example, given
from hypothesis import strategies as some

from tests.bad_input.requests import World
from tests.bad_input.values import FORM, JSON
from tests.fuzz.requests import answer
from tests.fuzz.strategies import HEADERS, content_types, encoded, fuzzed, header_values, methods, paths, queries
from tests.support.url_table import every_path


@fuzzed
@given(path=paths, method=methods, query=queries | encoded, body=some.binary(max_size=200), content_type=content_types)
def test_any_bytes(  # noqa: PLR0917 - Hypothesis names each
    browser: Browser, world: World, path: str, method: str, query: str, body: bytes, content_type: str
) -> None:
    answer(browser, method, f"{path}?{query}", body, content_type.encode("utf-8", "replace").decode("latin-1"))


@fuzzed
@given(path=paths, query=queries | encoded, body=queries)
def test_any_query_and_form_of_an_operator(operator: Browser, path: str, query: str, body: str) -> None:
    answer(operator, "GET", f"{path}?{query}")
    answer(operator, "POST", f"{path}?{query}", body, FORM)


def test_every_path_of_the_table(browser: Browser, operator: Browser) -> None:
    for sample in ("1", "x", "9" * 30, "%00", "%ED%A0%80"):
        for path in every_path(sample):
            answer(operator, "GET", path)
            answer(browser, "POST", path, b"{}", JSON)


@fuzzed
@given(path=paths, method=methods, headers=some.dictionaries(some.sampled_from(HEADERS), header_values, max_size=4))
def test_any_headers(browser: Browser, world: World, path: str, method: str, headers: dict[str, str]) -> None:
    answer(browser, method, path, b"", "", **headers)


@fuzzed
@given(
    path=some.binary(max_size=40).map(quote_from_bytes),
    under=some.sampled_from(["/", "/oauth/", "/oauth/register/", "/.well-known/"]),
)
def test_any_path(browser: Browser, world: World, path: str, under: str) -> None:
    answer(browser, "GET", under + path)
    answer(browser, "POST", under + path)


@fuzzed
@given(path=paths, body=queries, query=queries)
def test_any_form(signed_in: Browser, path: str, body: str, query: str) -> None:
    answer(signed_in, "POST", f"{path}?{query}", body, FORM)


@fuzzed
@given(cookie=header_values, name=some.sampled_from(["sessionid", "csrftoken", "messages"]))
@example(cookie='"\\000aaaaaaaaaaaa"', name="sessionid")
def test_any_cookie(browser: Browser, world: World, cookie: str, name: str) -> None:
    for path in ("/accounts/login/", f"/oauth/authorize?{urlencode(world.authorization_request())}"):
        answer(browser, "GET", path, cookie=f"{name}={cookie}")
        answer(browser, "POST", path, b"", FORM, cookie=f"{name}={cookie}")

"""Views of the server in another site, whatever the site demands of all views."""

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.views.decorators.csrf import csrf_exempt

from accounts.audit import request_ids
from mcp_api.site.views import SMALL_OCTETS, wrap_view

requests = RequestFactory()


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request_ids.current.get()} {len(request.body)}", content_type="text/plain")


def post(path: str, octets: int, **headers: Any) -> HttpRequest:
    return requests.post(path, b"x" * octets, content_type="text/plain", **headers)


def test_view_is_in_no_transaction_and_needs_no_sign_in() -> None:
    view: Any = wrap_view(echo)
    assert (view._non_atomic_requests, view.login_required) == ({"default"}, False)


def test_form_is_protected_in_a_site_without_the_middleware_for_that() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("done")

    assert wrap_view(page)(requests.get("/apps")).status_code == 200
    assert wrap_view(page)(requests.post("/apps", {"client": "all"})).status_code == 403


def test_id_lasts_as_long_as_the_request() -> None:
    response = wrap_view(echo)(post("/oauth/token", 3))
    assert response.headers["X-Request-ID"] == response.content.decode().split()[0]  # type: ignore[attr-defined]
    assert request_ids.current.get() == ""


@pytest.mark.parametrize("path", ["/oauth/token", "/apps", "/device"])
def test_large_form_is_refused_when_it_is_read(path: str) -> None:
    wrap_view(echo)(post(path, SMALL_OCTETS))
    with pytest.raises(RequestDataTooBig):
        wrap_view(echo)(post(path, SMALL_OCTETS + 1))
    assert request_ids.current.get() == ""


def test_large_form_that_middleware_has_read_is_refused() -> None:
    request = post("/apps", SMALL_OCTETS + 1)
    assert request.POST == {}
    assert request.body
    with pytest.raises(RequestDataTooBig):
        wrap_view(echo)(request)


@pytest.mark.parametrize("limit", [None, 10_000_000])
def test_site_without_a_limit_has_that_of_django_at_the_endpoint(settings: Any, limit: int | None) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = limit
    wrap_view(echo)(post("/mcp", 2_000_000))
    if limit:
        wrap_view(echo)(post("/mcp", 3_000_000))
        return
    with pytest.raises(RequestDataTooBig):
        wrap_view(echo)(post("/mcp", 3_000_000))


def test_static_files_of_another_host_may_be_loaded(settings: Any) -> None:
    settings.STATIC_URL = "https://static.club.example/files/"
    page = wrap_view(lambda request: HttpResponse("<p>"))(requests.get("/apps"))
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self' https://static.club.example; " in policy
    assert "form-action 'self'; " in policy


def test_headers_that_a_view_has_set_stay() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(
            "<p>", headers={"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store"}
        )

    page = wrap_view(view)(requests.get("/apps"))
    assert page.headers["Content-Security-Policy"] == "default-src 'none'"
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db  # Whoever closes a response closes the connections of the database too.
def test_stream_has_its_id_until_it_is_closed() -> None:
    def view(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(BytesIO(b"x"))

    response = wrap_view(view)(requests.get("/apps"))
    assert request_ids.current.get() == response.headers["X-Request-ID"]
    response.close()
    assert request_ids.current.get() == ""

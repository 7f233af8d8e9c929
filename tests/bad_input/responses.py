"""The form of an error by the kind of its endpoint."""

import json
import traceback
from typing import Any
from urllib.parse import urljoin

from django.http import HttpResponseBase

from tests.bad_input.values import JSON


def described(response: Any) -> str:
    """Return the request and the response, for a failure's message."""
    lines = [f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO'][:200]}"]
    lines += [f"?{response.request['QUERY_STRING'][:300]}", f"{response.status_code} {response.headers}"]
    lines.append(content(response)[:1000].decode(errors="replace"))
    if response.exc_info:
        lines += traceback.format_exception(*response.exc_info)
    return "\n".join(lines)


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def assert_oauth_error(response: Any, *statuses: int) -> dict[str, Any]:
    """RFC 6749 section 5.2, of one form everywhere."""
    assert response.status_code in (statuses or (400, 401, 405, 413)), described(response)
    assert response.headers["Content-Type"] == JSON, described(response)
    error = json.loads(content(response))
    assert isinstance(error["error"], str), described(response)
    assert error["error"], described(response)
    assert isinstance(error["error_description"], str), described(response)
    assert error["error_description"], described(response)
    assert error["error_description"].isascii(), described(response)
    assert "no-store" in response.headers["Cache-Control"], described(response)
    return error


def assert_rpc_error(response: Any, *statuses: int) -> dict[str, Any]:
    """A JSON-RPC error object that blames the request, and not the server."""
    assert response.status_code in (statuses or (400,)), described(response)
    assert response.headers["Content-Type"] == JSON, described(response)
    answer = json.loads(content(response))
    assert answer["jsonrpc"] == "2.0", described(response)
    assert isinstance(answer["error"]["code"], int), described(response)
    assert answer["error"]["code"] != -32603, described(response)
    assert isinstance(answer["error"]["message"], str), described(response)
    return answer


def assert_page(response: HttpResponseBase, *statuses: int) -> None:
    assert response.status_code in (statuses or (400,)), described(response)
    if response.status_code not in (301, 302, 405):
        assert response.headers["Content-Type"] == "text/html; charset=utf-8", described(response)
        assert b"</html>" in content(response), described(response)


def assert_stays(response: Any) -> int:
    """Fail if the response leads to another site. Returns its status."""
    assert response.status_code in (200, 302, 400, 403), described(response)
    # Browsers take a backslash for a slash.
    location = urljoin("http://localhost/accounts/login/", response.headers.get("Location", "").replace("\\", "/"))
    assert location.startswith("http://localhost/"), described(response)
    return int(response.status_code)

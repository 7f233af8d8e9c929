"""Static files that a page names are put into it, in time that grows with the page."""

import pytest

from mcp_api.extensions.apps.inlining import inlined
from tests.linear_time.timing import check

pytestmark = pytest.mark.any_database

STYLES = "mcp_api/app.css"


@pytest.mark.parametrize("address", [f'"/static/{STYLES}"', f"'/static/{STYLES}'", f"/static/{STYLES}"])
def test_address_may_be_quoted_or_not(address: str) -> None:
    page = inlined(f"<link rel=stylesheet href={address}>")
    assert page.startswith("<style>")
    assert "{" in page


def test_tags_without_an_end_take_linear_time() -> None:
    check(inlined, lambda size: "<script " * (size // 8), 200_000)

"""Each call has the language of its client and the default time zone, and leaves nothing of its own behind."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy

from accounts.models import PersonLanguage
from mcp_api import tool
from mcp_api.calls.locale import accepted_language
from tests.mcp_api.conftest import Caller
from tests.mcp_api.messages import modern
from tests.support.mcp.tool_results import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tools")]


def said(caller: Caller, name: str, language: str = "") -> str:
    body, headers = modern("tools/call", {"name": name, "arguments": {}})
    headers = {**headers, **({"Accept-Language": language} if language else {})}
    return text_of(caller.send(body, headers).json()["result"])


@pytest.fixture
def days(tools: Any) -> None:
    @tool
    def monday():
        return gettext("Monday")

    @tool
    def lazy_monday() -> str:
        return gettext_lazy("Monday")  # type: ignore[return-value]

    @tool
    def days_by_name() -> dict[str, list[str]]:
        return {"first": [gettext_lazy("Monday")]}  # type: ignore[list-item]

    @tool
    def refuse() -> str:
        raise ValidationError(gettext_lazy("Enter a whole number."))


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize("name", ["monday", "lazy_monday"])
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "Monday"),
        ("de", "Montag"),
        ("fr-CA, de;q=0.5", "lundi"),
        ("tlh, de;q=0.5", "Montag"),
        ("*", "Monday"),
        ("\x00;;q=a", "Monday"),
    ],
)
def test_tool_speaks_the_language_of_the_client(caller: Caller, name: str, header: str, expected: str) -> None:
    assert said(caller, name, header) == expected


@pytest.mark.usefixtures("days")
def test_lazy_text_in_a_result_is_text(caller: Caller) -> None:
    assert said(caller, "days_by_name", "de") == '{"first":["Montag"]}'


@pytest.mark.usefixtures("days")
def test_error_is_in_the_language_of_the_client(caller: Caller) -> None:
    assert said(caller, "refuse", "de") == "Bitte eine ganze Zahl eingeben."


@pytest.mark.usefixtures("days")
def test_language_that_the_person_chose_precedes_that_of_the_client(caller: Caller) -> None:
    assert caller.token.user is not None
    PersonLanguage.objects.create(user=caller.token.user, language="en")
    assert said(caller, "monday", "de") == "Monday"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_language_and_time_zone_of_a_tool_end_with_its_call(caller: Caller, kind: str) -> None:
    def activate() -> str:
        found = f"{translation.get_language()} {timezone.get_current_timezone_name()}"
        translation.activate("de")
        timezone.activate("Asia/Kolkata")
        return found

    async def activate_later() -> str:
        return activate()

    tool(name="activate")(activate if kind == "sync" else activate_later)
    with translation.override("fr"), timezone.override("Europe/Paris"):
        assert [said(caller, "activate") for _ in range(2)] == ["en UTC"] * 2
        assert translation.get_language() == "fr"
        assert timezone.localtime(datetime(2026, 1, 1, tzinfo=UTC)).isoformat() == "2026-01-01T01:00:00+01:00"


def test_long_header_is_cut() -> None:
    assert accepted_language("tlh," * 1000 + "de") == ""

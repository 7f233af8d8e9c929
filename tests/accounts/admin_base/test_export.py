"""Exports of the audit log as CSV and as JSON lines."""

import csv
import io
import json
import re
import time
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.admin_base.export import escape_formulas
from tests.support.events import LIST, add
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def exported(browser: Browser, suffix: str, **query: Any) -> str:
    response: Any = browser.get(reverse("admin:oauth_mcp_event_export", args=[suffix]), query)
    assert response.status_code == 200
    assert f".{suffix}" in response["Content-Disposition"]
    return b"".join(response.streaming_content).decode()


def test_csv_holds_what_the_list_shows_and_no_formula(admin_client: Browser) -> None:
    add(client_name='=HYPERLINK("https://evil.example.com")', arguments='{"text": "a,\\n\\"b\\""}', outcome="failed")
    add(outcome="ok")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", outcome__exact="failed")))
    assert row["client_name"] == '\'=HYPERLINK("https://evil.example.com")'
    assert json.loads(row["arguments"]) == {"text": 'a,\n"b"'}
    assert row["at"].endswith("+00:00")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_of_the_csv_begins_a_formula(admin_client: Browser, start: str) -> None:
    add(client_name=f"{start}1+1", agent=f"{start}1+1", detail=f"{start}1+1")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp"), newline=""))
    # A tab or a line may be where another program begins a cell.
    shown = f"'{start}1+1" if len(start) == 1 else f"'{start[0]}'{start[1]}1+1"
    assert {row["client_name"], row["agent"], row["detail"]} == {shown}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\u2212", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "\n", "\r\n", "; ", ';"', "|", "\t\t", ";;"])
def test_no_cell_of_the_csv_begins_a_formula_behind_another_separator(
    admin_client: Browser, separator: str, sign: str
) -> None:
    """A spreadsheet of another language separates cells at semicolons."""
    add(agent=f"x{separator}{sign}HYPERLINK(1){separator}{sign}SUM(1)")
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp"), newline=""))
    cells = re.split(r"[;,|\t\r\n]", row["agent"])
    assert not [cell for cell in cells if cell.strip(' "').startswith(sign)]
    assert row["agent"].replace("'", "") == f"x{separator}{sign}HYPERLINK(1){separator}{sign}SUM(1)"


@pytest.mark.parametrize("piece", [";", "\t", "; ", ' "', "=", ";=", "\n "])
def test_the_largest_cell_is_made_harmless_at_once(piece: str) -> None:
    started = time.perf_counter()
    escape_formulas(piece * 50_000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11; Linux) Gecko/1", "a=b; c=d", "x, y-z", "it's", "2026-01-01; ok"])
def test_text_that_is_not_a_formula_is_exported_unchanged(admin_client: Browser, agent: str) -> None:
    add(agent=agent)
    [row] = csv.DictReader(io.StringIO(exported(admin_client, "csv", kind__exact="mcp")))
    assert row["agent"] == agent


def test_json_lines_hold_a_row_each(admin_client: Browser) -> None:
    events = [add(username="Zoë"), add(duration_ms=7)]
    rows = [json.loads(line) for line in exported(admin_client, "jsonl", kind__exact="mcp").splitlines()]
    assert [row["id"] for row in rows] == [event.pk for event in reversed(events)]
    assert (rows[1]["username"], rows[0]["duration_ms"]) == ("Zoë", 7)


@pytest.mark.parametrize("query", [{}, {"q": "echo"}, {"tool": "echo"}, {"p": "2"}])
def test_export_follows_the_lists_own_address(admin_client: Browser, query: dict[str, str]) -> None:
    add()
    page = admin_client.get(LIST, query).content.decode()
    assert reverse("admin:oauth_mcp_event_export", args=["csv"]) in page
    assert len(exported(admin_client, "jsonl", **query).splitlines()) >= 1


def test_unknown_format_is_not_found(admin_client: Browser) -> None:
    assert admin_client.get(reverse("admin:oauth_mcp_event_export", args=["xls"])).status_code == 404


def test_only_permission_to_view_the_audit_log_exports_it() -> None:
    browser = Browser()
    browser.force_login(make_user("viewer", is_staff=True))
    assert browser.get(reverse("admin:oauth_mcp_event_export", args=["csv"])).status_code == 403


@pytest.mark.parametrize("bound", ["from=abc", "to=2026-02-30", "from=9999-01-01"])
def test_export_of_a_period_without_a_date_is_refused(admin_client: Browser, bound: str) -> None:
    assert admin_client.get(f"{reverse('admin:oauth_mcp_event_export', args=['csv'])}?{bound}").status_code == 400


def test_export_of_an_empty_period_is_that_of_any_time(admin_client: Browser) -> None:
    assert admin_client.get(f"{reverse('admin:oauth_mcp_event_export', args=['csv'])}?from=&to=").status_code == 200

"""Structured results as tables on the tools page."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from pydantic import BaseModel

from mcp_api import tool
from mcp_api.playground.results import Outcome
from mcp_api.playground.tables import MOST_COLUMNS, MOST_DEPTH, MOST_ROWS, MOST_VALUES, Shown, as_table
from tests.mcp_api.playground.pages import post


class Line(BaseModel):
    article: str
    count: int
    tags: list[str] = []


def cells(shown: Shown | None) -> list[list[str]]:
    assert shown is not None
    return [[cell.text for cell in row] for row in shown.rows]


def test_list_of_objects_has_a_column_for_each_member() -> None:
    table = as_table({"result": [{"id": 1, "title": "Dune"}, {"id": 2, "author": None}]})
    assert table is not None
    assert (table.kind, table.columns) == ("table", ["id", "title", "author"])
    assert cells(table) == [["1", "Dune", ""], ["2", "", "null"]]


def test_object_has_a_row_for_each_member() -> None:
    table = as_table({"total": 2.5, "open": True, "note": "", "items": []})
    assert table is not None
    assert table.kind == "object"
    assert cells(table) == [["total", "2.5"], ["open", "true"], ["note", '""'], ["items", "[]"]]


def test_tables_stand_in_the_cells_of_others() -> None:
    table = as_table({"lines": [{"article": "A"}], "tags": ["x", "y"]})
    assert table is not None
    assert [row[1].kind for row in table.rows] == ["table", "list"]
    assert cells(table.rows[1][1]) == [["x"], ["y"]]


@pytest.mark.parametrize("value", [None, {"result": 5}, {"result": "text"}, {"result": [0] * (MOST_VALUES + 1)}])
def test_single_values_and_very_large_results_have_no_table(value: Any) -> None:
    assert as_table(value) is None


def test_deep_values_are_shown_as_json() -> None:
    value: Any = "end"
    for _ in range(MOST_DEPTH + 1):
        value = {"a": value}
    shown = as_table(value)
    for _ in range(MOST_DEPTH):
        assert shown is not None
        shown = shown.rows[0][1]
    assert shown == Shown("json", '{"a": "end"}')


def test_number_of_what_is_left_out_is_told() -> None:
    table = as_table({"result": [{f"c{number}": 1 for number in range(MOST_COLUMNS + 3)}] * (MOST_ROWS + 2)})
    assert table is not None
    assert (len(table.rows), len(table.columns)) == (MOST_ROWS, MOST_COLUMNS)
    assert table.more == ("2 more rows are in the structured content. 3 more columns are in the structured content.")


def test_text_is_shown_beside_the_table_unless_it_repeats_it() -> None:
    data = {"result": [{"a": 1}]}
    for text, texts in (('{"result": [{"a": 1}]}', 0), ('[{"a":1}]', 0), ("One row", 1), ("[" * 5000, 1)):
        outcome = Outcome({"content": [{"type": "text", "text": text}], "structuredContent": data})
        assert len(outcome.blocks) == texts


@pytest.mark.django_db
@pytest.mark.usefixtures("isolated_registry", "debug")
def test_page_shows_the_table_and_the_json(browser: Browser) -> None:
    @tool(read_only=True)
    def list_lines() -> list[Line]:
        return [Line(article="<b>Nut</b>", count=3, tags=["small", "new"])]

    page = post(browser, "list_lines")
    assert re.findall(r'<th scope="col">(\w+)</th>', page) == ["article", "count", "tags"]
    assert "&lt;b&gt;Nut&lt;/b&gt;" in page
    assert "<li" in page
    assert "<b>Nut" not in page
    assert page.count('<pre class="shown">') == 2, "the structured content and the input schema"

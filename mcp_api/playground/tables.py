"""Structured results as tables and lists, for the page."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import ngettext_lazy

from accounts.http.json_input import read_json
from accounts.languages.sentences import join
from mcp_api.protocol.input_limits import exceeds

MOST_ROWS = 100
MOST_COLUMNS = 20
# Levels of tables in the cells of tables. Deeper values are shown as JSON.
MOST_DEPTH = 4
# A result with more values is shown as JSON only.
MOST_VALUES = 5000
MORE_ITEMS = ngettext_lazy(
    "%(number)d more item is in the structured content.",
    "%(number)d more items are in the structured content.",
    "number",
)
MORE_MEMBERS = ngettext_lazy(
    "%(number)d more member is in the structured content.",
    "%(number)d more members are in the structured content.",
    "number",
)
MORE_ROWS = ngettext_lazy(
    "%(number)d more row is in the structured content.", "%(number)d more rows are in the structured content.", "number"
)
MORE_COLUMNS = ngettext_lazy(
    "%(number)d more column is in the structured content.",
    "%(number)d more columns are in the structured content.",
    "number",
)


@dataclass
class Shown:
    """One value, in the form in which the page shows it.

    `rows` has a list of cells for each row: of a table as many as `columns`, of an object its name and its value, of a
    list one. `more` says what was left out, in a sentence for each.
    """

    kind: Literal["text", "number", "literal", "json", "list", "object", "table"]
    text: str = ""
    columns: list[str] = field(default_factory=list)
    rows: list[list["Shown"]] = field(default_factory=list)
    more: str = ""


def as_table(structured: Any) -> Shown | None:
    """Return what the page shows of a structured result; None for a single value, and for too many of them."""
    value = unwrapped(structured)
    if not isinstance(value, dict | list) or exceeds(value, MOST_VALUES):
        return None
    return shown(value)


def unwrapped(structured: Any) -> Any:
    """Return the value in {"result": …}, which a result is wrapped in that is not an object."""
    return structured["result"] if isinstance(structured, dict) and list(structured) == ["result"] else structured


def repeats(text: str, structured: Any) -> bool:
    """Return whether `text` is the JSON of `structured`, for clients that do not read structured content."""
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return False
    return value in (structured, unwrapped(structured))


def shown(value: Any, depth: int = 0) -> Shown:
    match value:
        case dict() | list() if depth >= MOST_DEPTH:
            return Shown("json", compact(value))
        case dict() | list() if not value:
            return Shown("literal", compact(value))
        case dict():
            return object_of(value, depth)
        case list() if all(isinstance(item, dict) and item for item in value):
            return table_of(value, depth)
        case list():
            rows = [[shown(item, depth + 1)] for item in value[:MOST_ROWS]]
            return Shown("list", rows=rows, more=left_out(len(value), MOST_ROWS, MORE_ITEMS))
        case None | bool() | "":
            return Shown("literal", compact(value))
        case int() | float():
            return Shown("number", compact(value))
    return Shown("text", str(value))


def object_of(value: dict[str, Any], depth: int) -> Shown:
    pairs = list(value.items())[:MOST_ROWS]
    rows = [[Shown("text", name), shown(inner, depth + 1)] for name, inner in pairs]
    return Shown("object", rows=rows, more=left_out(len(value), MOST_ROWS, MORE_MEMBERS))


def table_of(items: list[dict[str, Any]], depth: int) -> Shown:
    """Return a table of objects, with a column for each member that one of them has."""
    names = list(dict.fromkeys(name for item in items for name in item))
    columns = names[:MOST_COLUMNS]
    rows = [[cell_of(item, name, depth) for name in columns] for item in items[:MOST_ROWS]]
    parts = [left_out(len(items), MOST_ROWS, MORE_ROWS), left_out(len(names), MOST_COLUMNS, MORE_COLUMNS)]
    return Shown("table", columns=columns, rows=rows, more=join(*parts))


def cell_of(item: dict[str, Any], name: str, depth: int) -> Shown:
    return shown(item[name], depth + 1) if name in item else Shown("text")


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def left_out(number: int, most: int, sentence: Any) -> str:
    """Return `sentence`, a lazy plural, with how many of `number` are beyond the first `most`; "" if none are."""
    return str(sentence % {"number": number - most}) if number > most else ""

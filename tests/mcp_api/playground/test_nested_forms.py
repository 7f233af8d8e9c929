"""Forms of nested objects and lists, and the JSON that comes of them."""

from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from pydantic import BaseModel, Field

from mcp_api.playground.form_edits import MOST_ITEMS, edited
from mcp_api.playground.schema_forms import MOST_DEPTH, Nested, SchemaForm
from mcp_api.schemas.input_schema import arguments_of


class Address(BaseModel):
    street: str
    country: str = "NL"


class Line(BaseModel):
    article: str
    count: int = 1
    gift: Address | None = None


class Node(BaseModel):
    name: str
    children: list["Node"] = []


def order(
    customer: Address,
    *,
    lines: Annotated[list[Line], Field(max_length=3)],
    tags: list[str] | None = None,
    ships_to: Address | None = None,
    colours: list[Literal["red", "green"]] = ["red"],  # noqa: B006
    matrix: list[list[int]] = [],  # noqa: B006
    tree: Node | None = None,
) -> None:
    """An order."""


SCHEMA = arguments_of(order).json_schema()
FILLED = {
    "p-customer": "0",
    "p-customer.0-street": "A",
    "p-customer.0-country": "NL",
    "p-lines": ["0", "2"],
    "p-lines.0-article": "Nut",
    "p-lines.0-count": "3",
    "p-lines.0-gift": "0",
    "p-lines.0-gift.0-street": "B",
    "p-lines.0-gift.0-country": "",
    "p-lines.2-article": "Bolt",
    "p-lines.2-count": "",
    "p-tags": ["0", "1", "2"],
    "p-tags.0-value": "x",
    "p-tags.1-value": "",
    "p-tags.2-value": " y",
    "p-colours": ['"green"', '"red"'],
}
VALUES = {
    "customer": {"street": "A", "country": "NL"},
    "lines": [{"article": "Nut", "count": 3, "gift": {"street": "B"}}, {"article": "Bolt"}],
    "tags": ["x", " y"],
    "colours": ["green", "red"],
}


def posted(values: dict[str, Any]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def bound(values: dict[str, Any]) -> SchemaForm:
    return SchemaForm(SCHEMA, posted(values), prefix="p")


def nested(form: SchemaForm, name: str) -> Nested:
    return form.nested[name]


def change(values: dict[str, Any], button: str) -> SchemaForm:
    edit = edited(posted({**values, "edit": button}))
    assert edit is not None
    return SchemaForm(SCHEMA, edit.data, prefix="p", edit=edit)


def test_values_are_objects_and_lists() -> None:
    form = bound(FILLED)
    assert form.is_valid()
    assert form.values == VALUES


def test_values_fill_in_the_form_again() -> None:
    form = SchemaForm(SCHEMA, prefix="p", initial=VALUES)
    lines = nested(form, "lines").items
    assert [each.form["article"].value() for each in lines] == ["Nut", "Bolt"]
    assert nested(lines[0].form, "gift").items[0].form["street"].value() == "B"
    assert [each.form["value"].value() for each in nested(form, "tags").items] == ["x", " y"]
    assert form["colours"].value() == ['"green"', '"red"']
    assert form.initial["tags"] == VALUES["tags"]


def test_new_form_has_what_is_required_and_nothing_optional() -> None:
    form = SchemaForm(SCHEMA, prefix="p")
    assert {name: len(each.items) for name, each in form.nested.items()} == {
        "customer": 1,
        "lines": 1,
        "tags": 0,
        "ships_to": 0,
        "matrix": 0,
        "tree": 0,
    }
    assert nested(form, "lines").items[0].form["count"].value() == 1
    assert form["colours"].value() == ['"red"']


def test_missing_member_is_shown_at_its_field() -> None:
    form = bound({**FILLED, "p-lines.2-article": "", "p-customer.0-street": ""})
    assert not form.is_valid()
    wrong = [nested(form, "customer").items[0].form, nested(form, "lines").items[1].form]
    assert [list(each.errors) for each in wrong] == [["street"], ["article"]]
    assert not nested(form, "lines").items[0].form.errors


def test_empty_list_is_sent_only_where_leaving_it_out_means_something_else() -> None:
    form = bound({"p-customer.0-street": "A"})
    assert form.is_valid()
    # The default of `colours` is not empty, and `lines` is required.
    assert form.values == {"customer": {"street": "A"}, "lines": [], "colours": []}


def test_item_is_added_with_its_defaults_and_keeps_what_was_entered() -> None:
    form = change(FILLED, "add p-lines")
    items = nested(form, "lines").items
    assert [each.form["article"].value() for each in items] == ["Nut", "Bolt", None]
    assert items[2].form["count"].value() == 1
    assert items[2].form.fields["article"].widget.attrs["autofocus"]
    assert not any(each.form.errors for each in items)
    assert not nested(form, "lines").may_grow


def test_item_is_removed_and_the_rest_keeps_its_values() -> None:
    form = change(FILLED, "remove p-lines.0")
    items = nested(form, "lines").items
    assert [each.form["article"].value() for each in items] == ["Bolt"]
    assert nested(form, "lines").has_focus
    assert not nested(form, "tags").has_focus


def test_optional_object_is_added_and_removed() -> None:
    assert [each.label for each in nested(change(FILLED, "add p-ships_to"), "ships_to").items] == ["ships_to"]
    gift = nested(nested(change(FILLED, "remove p-lines.0-gift.0"), "lines").items[0].form, "gift")
    assert (gift.items, gift.value, gift.has_focus) == ([], None, True)


def test_lists_of_lists() -> None:
    rows = {"p-matrix": ["0", "1"], "p-matrix.0-value": ["0", "1"], "p-matrix.0-value.0-value": "1"}
    form = bound({**FILLED, **rows, "p-matrix.0-value.1-value": "2"})
    assert form.is_valid()
    assert form.values["matrix"] == [[1, 2], []]


def test_models_within_themselves_are_entered_level_by_level_and_then_as_json() -> None:
    place, values = "p-tree", dict(FILLED)
    for _ in range(MOST_DEPTH):
        values |= {place: "0", f"{place}.0-name": "a"}
        place += ".0-children"
    form = bound({**values, place: '[{"name": "deepest"}]'})
    assert form.is_valid()
    node, levels = form.values["tree"], 1
    while node.get("children"):
        node, levels = node["children"][0], levels + 1
    assert (node, levels) == ({"name": "deepest"}, MOST_DEPTH + 1)


@pytest.mark.parametrize("keys", [["x", "-1", "0.5", "٣", "1000", "00"], ["0"] * 500])
def test_forged_keys_make_no_forms(keys: list[str]) -> None:
    assert len(nested(bound({"p-tags": keys}), "tags").items) == len(set(keys) & {"0"})


def test_list_has_a_largest_number_of_items() -> None:
    full = {"p-tags": [str(number) for number in range(MOST_ITEMS + 5)]}
    assert len(nested(bound(full), "tags").items) == MOST_ITEMS
    assert not nested(bound(full), "tags").may_grow
    assert len(nested(change(full, "add p-tags"), "tags").items) == MOST_ITEMS
    assert len(nested(change(FILLED, "add p-lines"), "lines").items) == 3


@pytest.mark.parametrize("items", [{}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}])
def test_lists_of_anything_are_entered_as_json(items: dict[str, Any]) -> None:
    form = SchemaForm({"properties": {"all": {"type": "array", "items": items}}})
    assert list(form.fields) == ["all"]


def test_schema_that_would_make_very_many_forms_makes_few() -> None:
    properties = {f"m{number}": {"$ref": "#/$defs/A"} for number in range(30)}
    wide = {"type": "object", "properties": properties, "required": list(properties)}
    loop = {"anyOf": [{"$ref": "#/$defs/B"}]}
    form = SchemaForm({**wide, "$defs": {"A": wide, "B": loop}})
    assert form.shared.fields < 5000
    assert list(SchemaForm({"properties": {"b": loop}, "$defs": {"B": loop}}).fields) == ["b"]


@pytest.mark.parametrize(
    "value", [None, 1, "x", True, [], {}, [None], [[1]], [{"article": {}}], {"street": []}, ["x"] * 200]
)
def test_any_forged_initial_value_can_be_shown(value: Any) -> None:
    """The arguments of a call that asked come back from the browser."""
    form = SchemaForm(SCHEMA, prefix="p", initial=dict.fromkeys(SCHEMA["properties"], value))
    page = render_to_string("mcp_api/playground/fields.html", {"form": form})
    assert "p-customer.0-street" in page
    assert page.count('name="p-tags"') <= MOST_ITEMS


@pytest.mark.parametrize("button", ["add p-lines", "remove p-tags.0"])
def test_form_is_shown_without_errors_after_a_change(button: str) -> None:
    form = change({**FILLED, "p-lines.0-count": "many", "p-customer.0-street": ""}, button)
    page = render_to_string("mcp_api/playground/fields.html", {"form": form})
    assert 'value="many"' in page
    assert 'role="alert"' not in page
    assert page.count("autofocus") == 1

"""A form made of a JSON Schema, and the JSON that comes of it."""

from typing import Any

import pytest
from django import forms
from django.http import QueryDict

from mcp_api.playground.schema_forms import SchemaForm

SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"Size": {"enum": ["s", "m"], "type": "string"}},
    "properties": {
        "text": {"type": "string", "maxLength": 5, "description": "A <b>word</b>"},
        "long": {"type": "string", "maxLength": 5000},
        "filter": {"type": "string", "maxLength": 1000},
        "day": {"type": "string", "format": "date"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "ratio": {"type": "number"},
        "sure": {"type": "boolean"},
        "size": {"$ref": "#/$defs/Size"},
        "rank": {"enum": [1, 2]},
        "colour": {"oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "either": {"type": ["number", "string"]},
        "any": {"type": "object", "additionalProperties": {"type": "string"}},
        "preset": {"type": "string", "default": "x"},
    },
    "required": ["text"],
}

GOOD = {
    "text": ("hello", "hello"),
    "long": (" two\nlines ", " two\nlines "),
    "day": ("2030-01-01", "2030-01-01"),
    "count": ("7", 7),
    "ratio": ("1.5", 1.5),
    "sure": ("false", False),
    "size": ('"m"', "m"),
    "rank": ("2", 2),
    "colour": ('"g"', "g"),
    "maybe": ("3", 3),
    "either": ("1.50", "1.50"),
    "any": ('{"a": "b"}', {"a": "b"}),
    "preset": ("y", "y"),
}


def filled(**values: str) -> SchemaForm:
    data = QueryDict(mutable=True)
    data.update({f"p-{name}": value for name, value in {"text": "a", **values}.items()})
    return SchemaForm(SCHEMA, data, prefix="p")


@pytest.mark.parametrize(("name", "typed", "value"), [(name, *both) for name, both in GOOD.items()])
def test_values_have_the_types_of_the_schema(name: str, typed: str, value: Any) -> None:
    form = filled(**{name: typed})
    assert form.is_valid(), form.errors
    assert form.values[name] == value
    assert type(form.values[name]) is type(value)


def test_what_is_left_empty_is_not_sent() -> None:
    form = filled()
    assert form.is_valid()
    assert form.values == {"text": "a"}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("text", ""),
        ("text", "too long"),
        ("count", "0"),
        ("count", "1.5"),
        ("count", "many"),
        ("ratio", "half"),
        ("ratio", "NaN"),
        ("sure", "perhaps"),
        ("size", '"xl"'),
        ("size", "m"),
        ("rank", "3"),
        ("any", "[a"),
    ],
)
def test_invalid_answer_is_shown_at_its_field(name: str, typed: str) -> None:
    form = filled(**{name: typed})
    assert not form.is_valid()
    assert set(form.errors) == {name}


def test_each_kind_has_its_control() -> None:
    fields = SchemaForm(SCHEMA).fields
    assert fields["day"].widget.input_type == "date"
    assert isinstance(fields["long"].widget, forms.Textarea)
    assert isinstance(fields["filter"].widget, forms.TextInput)
    assert isinstance(fields["any"], forms.JSONField)
    assert [label for _, label in fields["colour"].choices] == ["—", "Red", "Green"]  # type: ignore[attr-defined]
    assert fields["preset"].initial == "x"
    assert "null" not in SchemaForm(SCHEMA).as_p()
    assert [name for name, field in fields.items() if field.required] == ["text"]


def test_what_a_tool_says_is_never_markup() -> None:
    shown = SchemaForm({"properties": {"<i>": {"type": "string", "title": "<script>", "default": "<b>"}}}).as_p()
    assert "<script>" not in shown
    assert "<i>" not in shown
    assert "<b>" not in shown

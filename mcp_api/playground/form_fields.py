"""Django form fields for values that are no objects and no lists of objects, from JSON Schemas."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from accounts.http.json_input import Decoder
from mcp_api.playground.form_edits import MOST_ITEMS

Schema = dict[str, Any]

INPUT_TYPES = {"date": "date", "date-time": "text", "email": "email", "uri": "url", "time": "time"}
# The value of a select in which nothing is chosen.
UNSET = ""
YES_OR_NO = {"true": True, "false": False}
# A text field whose maxLength is greater has several lines. A text filter of `search` has this one.
LONG_TEXT = 1000
ITEM_TYPES = {"array", "boolean", "integer", "number", "object", "string"}
# References and unions of one option in each other: a schema of ours has two.
MOST_HOPS = 10


class ChoiceField(forms.TypedChoiceField):
    """One of the values of an enum, which may have any type."""

    def __init__(self, choices: dict[str, Any], titles: list[str], required: bool, **options: Any) -> None:
        self.by_key = choices
        shown = list(zip(self.by_key, titles, strict=False))
        if not required or "initial" not in options:
            shown.insert(0, (UNSET, _("Choose…") if required else "—"))
        super().__init__(choices=shown, coerce=self.by_key.__getitem__, empty_value=None, required=required, **options)


class ChoicesField(forms.TypedMultipleChoiceField):
    """A list of values of an enum. With `may_be_empty`, none of them is an empty list, otherwise no value."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, choices: dict[str, Any], titles: list[str], may_be_empty: bool, **options: Any) -> None:
        self.by_key, self.may_be_empty = choices, may_be_empty
        shown = list(zip(choices, titles, strict=False))
        super().__init__(choices=shown, coerce=self.by_key.__getitem__, empty_value=[], **options)

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return chosen if chosen or self.may_be_empty else None


class JsonField(forms.JSONField):
    """Any JSON value. No value is shown as an empty field, not as null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decoder=Decoder, **options)

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class NumberField(forms.DecimalField):
    """A JSON number: an int with all its digits if it is whole, otherwise a float."""

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is None:
            return None
        return int(number) if number == number.to_integral_value() else float(number)


def json_value(value: Any) -> Any:
    """`value`, as a plain string where Django marks one that was typed as JSON."""
    return str(value) if isinstance(value, str) else value


def initial_of(field: forms.Field, value: Any) -> Any:
    """Return the JSON `value` as the field's initial value: choices are named by their JSON."""
    if isinstance(field, ChoiceField):
        return json.dumps(value)
    if isinstance(field, ChoicesField):
        return [json.dumps(each) for each in value] if isinstance(value, list) else []
    return value


def simplified(described: Schema, definitions: Schema, hops: int = 0) -> Schema:
    """Return `described` with its reference resolved, and without the null that an optional value allows."""
    if "$ref" in described:
        referred = definitions.get(described["$ref"].rpartition("/")[2], {})
        described = {**referred, **{key: value for key, value in described.items() if key != "$ref"}}
    options = [option for option in described.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1 and hops < MOST_HOPS:
        rest = {key: value for key, value in described.items() if key != "anyOf"}
        return simplified({**options[0], **rest}, definitions, hops + 1)
    kind = described.get("type")
    if isinstance(kind, list) and "string" in kind and set(kind) <= {"string", "number", "integer", "null"}:
        # A string stands for each of these types.
        return {**described, "type": "string"}
    if isinstance(kind, list) and len(present := [each for each in kind if each != "null"]) == 1:
        return {**described, "type": present[0]}
    return described


def has_forms(described: Schema, definitions: Schema) -> bool:
    """Return whether `described` is an object with known members, or a list of values that have fields."""
    if described.get("type") == "object":
        return bool(described.get("properties")) and not described.get("additionalProperties")
    items, default = simplified(items_of(described), definitions), described.get("default")
    if isinstance(default, list) and len(default) > MOST_ITEMS:
        return False
    return items.get("type") in ITEM_TYPES and not choices_of(items)[0]


def field_for(name: str, described: Schema, required: bool, definitions: Schema) -> forms.Field:
    """Return a form field for one property, whose schema is simplified: a field for JSON if no other fits."""
    common: dict[str, Any] = {"label": label_of(name, described), "help_text": described.get("description", "")}
    default = described.get("default")
    if default is not None:
        common["initial"] = default
    is_boolean = described.get("type") == "boolean" and "enum" not in described
    choices, titles = (YES_OR_NO, [_("yes"), _("no")]) if is_boolean else choices_of(described)
    if choices:
        field: forms.Field = ChoiceField(choices, titles, required, **common)
    elif (several := choices_of(simplified(items_of(described), definitions)))[0]:
        needs_one = required and bool(described.get("minItems"))
        field = ChoicesField(*several, may_be_empty(described, required), required=needs_one, **common)
    else:
        return plain_field(described, required, common)
    if default is not None:
        field.initial = initial_of(field, default)
    return field


def may_be_empty(described: Schema, required: bool) -> bool:
    """Return whether an empty list must be sent: without it, the default would apply, or the argument be missing."""
    return required or bool(described.get("default"))


def label_of(name: str, described: Schema) -> str:
    return str(described.get("title") or name)


def items_of(described: Schema) -> Schema:
    """The schema of the items of a list; empty if there is none."""
    items = described.get("items") if described.get("type") == "array" else None
    return items if isinstance(items, dict) else {}


def choices_of(described: Schema) -> tuple[dict[str, Any], list[str]]:
    """Return the values of an enum, by their JSON, and their titles: none if `described` is no enum."""
    for titled in (described.get("oneOf"), described.get("anyOf")):
        if titled and all("const" in option for option in titled):
            titles = [str(option.get("title", option["const"])) for option in titled]
            return {json.dumps(option["const"]): option["const"] for option in titled}, titles
    values = described.get("enum", [described["const"]] if "const" in described else [])
    return {json.dumps(value): value for value in values}, described.get("enumNames", [str(each) for each in values])


def plain_field(described: Schema, required: bool, common: dict[str, Any]) -> forms.Field:
    match described.get("type"):
        case "integer":
            return forms.IntegerField(required=required, **bounds_of(described), **common)
        case "number":
            return NumberField(required=required, **bounds_of(described), **common)
        case "string":
            return text_field(described, required, common)
        case _:
            return json_field(described, required, common)


def bounds_of(described: Schema) -> dict[str, Any]:
    return {"min_value": described.get("minimum"), "max_value": described.get("maximum")}


def text_field(described: Schema, required: bool, common: dict[str, Any]) -> forms.Field:
    most = described.get("maxLength")
    kind = INPUT_TYPES.get(described.get("format", ""), "text")
    attributes = {"type": kind} if kind != "text" else {}
    widget: forms.Widget = forms.TextInput(attrs=attributes)
    if described.get("format") == "password":
        widget = forms.PasswordInput(render_value=True, attrs={"autocomplete": "off"})
    elif most is not None and most > LONG_TEXT:
        widget = forms.Textarea(attrs={"rows": 4})
    # Spaces are part of the value.
    return forms.CharField(required=required, max_length=most, strip=False, widget=widget, **common)


def json_field(described: Schema, required: bool, common: dict[str, Any]) -> forms.Field:
    shape = {key: value for key, value in described.items() if key not in ("description", "title", "default")}
    schema = json.dumps(shape, ensure_ascii=False)
    hint = _("A JSON value: %(schema)s") % {"schema": schema} if shape else _("A JSON value.")
    common["help_text"] = " ".join(filter(None, [common["help_text"], hint]))
    return JsonField(required=required, widget=forms.Textarea(attrs={"rows": 3}), **common)

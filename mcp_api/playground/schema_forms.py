"""Django forms from JSON Schemas, and their values as JSON."""

import json
from typing import Any

from django import forms

from accounts.people.passkeys import Decoder

Schema = dict[str, Any]

INPUT_TYPES = {"date": "date", "date-time": "text", "email": "email", "uri": "url", "time": "time"}
# The value of a select in which nothing is chosen.
UNSET = ""
# A text field whose maxLength is greater has several lines. A text filter of `search` has this one.
LONG_TEXT = 1000


class SchemaForm(forms.Form):
    """A form with a field for each property of `schema`, which describes an object."""

    def __init__(self, schema: Schema, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        required = schema.get("required", [])
        for name, described in schema.get("properties", {}).items():
            self.fields[name] = field_for(name, simplified(described, schema.get("$defs", {})), name in required)

    @property
    def values(self) -> dict[str, Any]:
        """The JSON values of a valid form, without empty optional fields."""
        filled = {name: json_value(self.cleaned_data[name]) for name in self.fields}
        return {
            name: value for name, value in filled.items() if value not in (None, UNSET) or self.fields[name].required
        }


class ChoiceField(forms.TypedChoiceField):
    """One of the values of an enum, which may have any type."""

    def __init__(self, values: list[Any], titles: list[str], required: bool, **options: Any) -> None:
        self.by_key = {json.dumps(value): value for value in values}
        choices = list(zip(self.by_key, titles, strict=False))
        if not required or "initial" not in options:
            choices.insert(0, (UNSET, "Choose…" if required else "—"))
        if "initial" in options:
            options["initial"] = json.dumps(options["initial"])
        super().__init__(
            choices=choices, coerce=self.by_key.__getitem__, empty_value=None, required=required, **options
        )


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


def simplified(described: Schema, definitions: Schema) -> Schema:
    """Return `described` with its reference resolved, and without the null that an optional value allows."""
    if "$ref" in described:
        referred = definitions.get(described["$ref"].rpartition("/")[2], {})
        described = {**referred, **{key: value for key, value in described.items() if key != "$ref"}}
    options = [option for option in described.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        rest = {key: value for key, value in described.items() if key != "anyOf"}
        return simplified({**options[0], **rest}, definitions)
    kind = described.get("type")
    if isinstance(kind, list) and "string" in kind and set(kind) <= {"string", "number", "integer", "null"}:
        # A string stands for each of these types.
        return {**described, "type": "string"}
    if isinstance(kind, list) and len(present := [each for each in kind if each != "null"]) == 1:
        return {**described, "type": present[0]}
    return described


def field_for(name: str, described: Schema, required: bool) -> forms.Field:
    """Return a form field for one property: a field for JSON if no other fits."""
    common: dict[str, Any] = {"label": described.get("title") or name, "help_text": described.get("description", "")}
    default = described.get("default")
    if default is not None:
        common["initial"] = default
    titled = [option for option in described.get("oneOf", []) if "const" in option]
    if titled:
        titles = [str(option.get("title", option["const"])) for option in titled]
        return ChoiceField([option["const"] for option in titled], titles, required, **common)
    values = described.get("enum", [described["const"]] if "const" in described else [])
    if values:
        return ChoiceField(values, described.get("enumNames", [str(value) for value in values]), required, **common)
    match described.get("type"):
        case "boolean":
            return ChoiceField([True, False], ["yes", "no"], required, **common)
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
    if most is not None and most > LONG_TEXT:
        widget = forms.Textarea(attrs={"rows": 4})
    # Spaces are part of the value.
    return forms.CharField(required=required, max_length=most, strip=False, widget=widget, **common)


def json_field(described: Schema, required: bool, common: dict[str, Any]) -> forms.Field:
    shape = {key: value for key, value in described.items() if key not in ("description", "title", "default")}
    hint = f"A JSON value: {json.dumps(shape, ensure_ascii=False)}" if shape else "A JSON value."
    common["help_text"] = " ".join(filter(None, [common["help_text"], hint]))
    return JsonField(required=required, widget=forms.Textarea(attrs={"rows": 3}), **common)

"""Django forms from JSON Schemas, and their values as JSON. Forms of objects and lists stand in each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.http import QueryDict

from mcp_api.playground.form_edits import KEYS, MOST_ITEMS, Edit, keys_of, prefix_of
from mcp_api.playground.form_fields import (
    UNSET,
    Schema,
    field_for,
    has_forms,
    initial_of,
    items_of,
    json_value,
    label_of,
    may_be_empty,
    simplified,
)

# Objects and lists in each other, and fields of one page. Beyond these, a value is entered as JSON.
MOST_DEPTH = 8
MOST_FIELDS = 2000
# The only field of an item that is no object.
ITEM = "value"


@dataclass
class Shared:
    """State that the forms of one page share."""

    definitions: Schema
    edit: Edit | None
    fields: int = 0


class SchemaForm(forms.Form):
    """A form with a field, or forms, for each property of `schema`, which describes an object.

    With an `edit`, the form shows what was entered so far, without errors.
    """

    def __init__(
        self,
        schema: Schema,
        data: QueryDict | None = None,
        *,
        prefix: str | None = None,
        initial: dict[str, Any] | None = None,
        edit: Edit | None = None,
        outer: "Nested | None" = None,
    ) -> None:
        super().__init__(data, prefix=prefix, initial=dict(initial or {}))
        self.nested: dict[str, Nested] = {}
        self.names: list[str] = []
        self.entered = data
        self.shared: Shared = outer.shared if outer else Shared(schema.get("$defs", {}), edit)
        self.depth: int = outer.depth if outer else 0
        for name, described in schema.get("properties", {}).items():
            self.names.append(name)
            self.shared.fields += 1
            self.add(name, simplified(described, self.shared.definitions), name in schema.get("required", []))

    def add(self, name: str, described: Schema, required: bool) -> None:
        definitions = self.shared.definitions
        if self.depth < MOST_DEPTH and self.shared.fields < MOST_FIELDS and has_forms(described, definitions):
            self.nested[name] = Nested(self, name, described, required)
            return
        self.fields[name] = field_for(name, described, required, definitions)
        if name in self.initial:
            self.initial[name] = initial_of(self.fields[name], self.initial[name])

    def full_clean(self) -> None:
        if self.shared.edit is None:
            super().full_clean()
        else:
            self._errors, self.cleaned_data = ErrorDict(), {}

    def is_valid(self) -> bool:
        # Each of them, so that the page shows all errors.
        nested = [each.is_valid() for each in self.nested.values()]
        return super().is_valid() and all(nested)

    @property
    def parts(self) -> Iterator["BoundField | Nested"]:
        """The fields and the nested forms, in the order of the schema."""
        for name in self.names:
            yield self.nested[name] if name in self.nested else self[name]

    @property
    def values(self) -> dict[str, Any]:
        """The JSON values of a valid form, without empty optional fields."""
        filled = {
            name: self.nested[name].value if name in self.nested else json_value(self.cleaned_data[name])
            for name in self.names
        }
        return {name: value for name, value in filled.items() if value not in (None, UNSET)}

    def focus(self) -> None:
        """Put the cursor into the first field."""
        for part in self.parts:
            if isinstance(part, Nested):
                part.focus()
            else:
                part.field.widget.attrs["autofocus"] = True
            return


class Nested:
    """The forms of a list's items, or the form of an object, in the form `outer`.

    An optional object has no form until the person adds it.
    """

    is_nested = True

    def __init__(self, outer: SchemaForm, name: str, described: Schema, required: bool) -> None:
        self.described, self.required = described, required
        self.shared, self.entered, self.depth = outer.shared, outer.entered, outer.depth + 1
        self.is_list = described.get("type") == "array"
        self.prefix, self.label = outer.add_prefix(name), label_of(name, described)
        self.help_text = described.get("description", "")
        self.initial = outer.initial.get(name, described.get("default"))
        self.items = [self.item(number, key) for number, key in enumerate(self.keys())]
        edit = self.shared.edit
        self.has_focus = edit is not None and edit.removed_from == self.prefix

    def keys(self) -> list[str]:
        """The keys of the items: a list that is required begins with one to fill in."""
        if not self.is_list and self.required:
            return ["0"]
        if self.entered is not None:
            return keys_of(self.entered, self.prefix)[: self.most]
        if isinstance(self.initial, list if self.is_list else dict):
            return list(KEYS)[: len(self.initial) if self.is_list else 1]
        return list(KEYS)[: self.described.get("minItems", 1)] if self.required else []

    def item(self, number: int, key: str) -> "Item":
        """Return the form of one item: that of a new one has the defaults of its schema."""
        prefix = prefix_of(self.prefix, key)
        is_new = self.shared.edit is not None and self.shared.edit.added == prefix
        form = SchemaForm(
            self.item_schema(number),
            None if is_new else self.entered,
            prefix=prefix,
            initial=self.initial_of_item(number),
            outer=self,
        )
        if is_new:
            form.focus()
        return Item(key, prefix, self.item_label(number), form, self.item_is_object)

    @cached_property
    def item_described(self) -> Schema:
        return simplified(items_of(self.described), self.shared.definitions) if self.is_list else self.described

    @cached_property
    def item_is_object(self) -> bool:
        return has_forms(self.item_described, {}) and self.item_described.get("type") == "object"

    def item_schema(self, number: int) -> Schema:
        """The schema of an item's form: of an object its own, of any other value that of an object with this value."""
        if self.item_is_object:
            return self.item_described
        described = {**self.item_described, "title": self.item_label(number), "description": ""}
        return {"properties": {ITEM: described}, "required": [ITEM] if described.get("type") == "array" else []}

    def initial_of_item(self, number: int) -> dict[str, Any]:
        if not self.is_list:
            return self.initial if isinstance(self.initial, dict) else {}
        if self.entered is not None or not isinstance(self.initial, list) or number >= len(self.initial):
            return {}
        value = self.initial[number]
        if self.item_is_object:
            return value if isinstance(value, dict) else {}
        return {ITEM: value}

    def item_label(self, number: int) -> str:
        return f"{self.label} {number + 1}" if self.is_list else self.label

    @property
    def most(self) -> int:
        return min(self.described.get("maxItems", MOST_ITEMS), MOST_ITEMS) if self.is_list else 1

    @property
    def may_grow(self) -> bool:
        return len(self.items) < self.most

    @property
    def may_shrink(self) -> bool:
        return self.is_list or not self.required

    def focus(self) -> None:
        if self.items:
            self.items[0].form.focus()
        else:
            self.has_focus = True

    def is_valid(self) -> bool:
        # Each of them, so that the page shows all errors.
        valid = [each.form.is_valid() for each in self.items]
        return all(valid)

    @property
    def value(self) -> Any:
        """The list or object; None if it is left out. Items without a value are left out of the list."""
        values = [value for each in self.items if (value := each.value) is not None]
        if not self.is_list:
            return values[0] if values else None
        return values if values or may_be_empty(self.described, self.required) else None


@dataclass
class Item:
    """One item of a list, or an object, with the name and the title that it has on the page."""

    key: str
    prefix: str
    label: str
    form: SchemaForm
    is_object: bool

    @property
    def value(self) -> Any:
        return self.form.values if self.is_object else self.form.values.get(ITEM)

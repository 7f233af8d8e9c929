"""`{% field_to_focus form always as name %}` and `{{ field|with_focus }}`: where the cursor is in a form."""

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def field_to_focus(form: forms.BaseForm, always: bool | str = False) -> str:
    """Return the name of the field for `autofocus`: the first with errors, or else the first that is empty.

    Empty without errors, unless the page is about the form (`always`): elsewhere the focus would scroll past the rest.
    """
    fields = form.visible_fields()
    if not fields or not (always or form.errors):
        return ""
    first = next((field for field in fields if field.errors), None)
    return (first or next((field for field in fields if is_empty(field)), fields[0])).name


@register.filter
def with_focus(field: BoundField) -> SafeString:
    return field.as_widget(attrs={"autofocus": True})


def is_empty(field: BoundField) -> bool:
    """Return whether the person has to fill in the field. A password that was sent is not shown again."""
    widget = field.field.widget
    is_hidden = isinstance(widget, forms.PasswordInput) and not widget.render_value
    return is_hidden or field.value() in (None, "")

"""Tags of lists of access: `{% effect_mark does %}`, and the filter `counted` of the items of a preview."""

from collections import Counter
from collections.abc import Iterable

from django import template
from django.template.defaultfilters import pluralize
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.scopes import DOES_IN_WORDS, Does, PreviewItem

register = template.Library()


@register.simple_tag
def effect_mark(does: Does) -> SafeString:
    careful = " careful" if does == "destroys" else ""
    return format_html('<span class="mark{}">{}</span>', careful, DOES_IN_WORDS[does])


@register.simple_tag
def greatest_effect(preview: Iterable[PreviewItem]) -> SafeString:
    """Return the mark of the greatest effect in `preview`, for where the list is folded."""
    found = {item.does for item in preview}
    return effect_mark(next(does for does in ("destroys", "adds", "reads") if does in found))


@register.filter
def counted(preview: Iterable[PreviewItem]) -> str:
    numbers = Counter(item.kind for item in preview)
    return ", ".join(f"{number} {kind}{pluralize(number)}" for kind, number in numbers.items())

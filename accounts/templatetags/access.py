"""Tags of lists of access: `{% effect_mark does %}`, `{% scope_names names as marked %}`, and the filters `counted` of
the items of a preview, `kind_label` of the kind of one, and `listed` of texts.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.languages.sentences import comma, listed
from accounts.scopes import DOES_IN_WORDS, Does, PreviewItem

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()

# The kinds of this server's previews. An app that previews others has words of its own.
KINDS: dict[str, "StrOrPromise"] = {
    "tool": gettext_lazy("tool"),
    "resource": gettext_lazy("resource"),
    "prompt": gettext_lazy("prompt"),
    "skill": gettext_lazy("skill"),
}
NUMBERS = {
    "tool": ngettext_lazy("%(number)d tool", "%(number)d tools", "number"),
    "resource": ngettext_lazy("%(number)d resource", "%(number)d resources", "number"),
    "prompt": ngettext_lazy("%(number)d prompt", "%(number)d prompts", "number"),
    "skill": ngettext_lazy("%(number)d skill", "%(number)d skills", "number"),
}


@register.simple_tag
def effect_mark(does: Does) -> SafeString:
    careful = " careful" if does == "destroys" else ""
    return format_html('<span class="mark{}">{}</span>', careful, DOES_IN_WORDS[does])


@register.simple_tag
def greatest_effect(preview: Iterable[PreviewItem]) -> SafeString:
    """Return the mark of the greatest effect in `preview`, for where the list is folded."""
    found = {item.does for item in preview}
    return effect_mark(next(does for does in ("destroys", "adds", "reads") if does in found))


@register.simple_tag
def scope_names(names: Iterable[str], separator: str = "") -> SafeString:
    """Return the names of scopes as `<code>`, between them `separator` or that of the language."""
    return format_html_join(separator or comma(), "<code>{}</code>", ((name,) for name in names))


@register.filter
def counted(preview: Iterable[PreviewItem]) -> str:
    numbers = Counter(item.kind for item in preview)
    return listed(_number_of(kind, number) for kind, number in numbers.items())


@register.filter
def kind_label(kind: str) -> str:
    return str(KINDS.get(kind, kind))


register.filter(listed)


def _number_of(kind: str, number: int) -> str:
    if kind in NUMBERS:
        return str(NUMBERS[kind] % {"number": number})
    return f"{number} {kind}"

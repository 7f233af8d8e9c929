"""The form to choose a language, and the gap between sentences."""

from typing import Any

from django import template

from accounts.languages import sentences
from accounts.languages.offered import offered

register = template.Library()


@register.inclusion_tag("oauth_mcp/language_picker.html", takes_context=True)
def language_picker(context: template.Context) -> dict[str, Any]:
    """Show the form. Pages without a request, such as those for errors, have none."""
    request = context.get("request")
    languages = offered() if request is not None and hasattr(request, "session") else {}
    return {
        "languages": languages if len(languages) > 1 else {},
        "next": request.get_full_path() if request is not None else "",
        "csrf_token": context.get("csrf_token"),
    }


@register.simple_tag
def sentence_gap() -> str:
    """Show what stands between two sentences: a space, or nothing after a full stop of Japanese and Chinese."""
    return sentences.gap()

"""Tag of the address of the site's front page: `{% front_page as front_page_url %}`."""

from django import template
from django.urls import NoReverseMatch, get_script_prefix, reverse

register = template.Library()


@register.simple_tag
def front_page() -> str:
    """Return the path of the page that the site names `home`, or else of what stands at its root."""
    try:
        return reverse("home")
    except NoReverseMatch:
        return get_script_prefix()

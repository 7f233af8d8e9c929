"""Tags of each page: the server's name and its front page, also in a site with other context processors."""

from django import template
from django.urls import get_script_prefix

from accounts.conf import conf

register = template.Library()


@register.simple_tag
def server_name() -> str:
    """Return the name that people see."""
    return conf.SERVER_NAME


@register.simple_tag
def home_address() -> str:
    """Return the address of the front page."""
    return get_script_prefix()

"""What every page needs, also in a site whose context processors and addresses are its own."""

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

"""Filter `{{ state|state_name }}`: a state of a row in the language of the reader."""

from django import template

from accounts.admin_base.states import name_of

register = template.Library()
register.filter("state_name", name_of)

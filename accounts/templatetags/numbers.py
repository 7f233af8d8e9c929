"""Filters of numbers: `{{ ms|duration }}`, and `{{ cl|row_count }}` of a list of admin."""

from typing import Any

from django import template

from accounts import numbers
from accounts.admin_base.paging import MOST_COUNTED, CappedPaginator

register = template.Library()
register.filter("duration", numbers.duration)


@register.filter
def row_count(changelist: Any) -> str:
    """Return the number of rows of the list. Very long lists are not counted to their end."""
    rows = int(changelist.result_count)
    if isinstance(changelist.paginator, CappedPaginator) and rows > MOST_COUNTED:
        return f"more than {numbers.count(MOST_COUNTED)}"
    return numbers.count(rows)

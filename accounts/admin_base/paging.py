"""Pagination of very long lists."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts at most MOST_COUNTED + 1 rows. In longer lists, a filter helps more than further pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: MOST_COUNTED + 1].count())

"""Pages of lists that may be very long."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts no further than anybody would leaf: beyond that, a filter is of more help than another page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: MOST_COUNTED + 1].count())

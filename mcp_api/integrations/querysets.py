"""`search`: a queryset as a tool that only reads."""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from django.db.models import Manager, Model, QuerySet
from pydantic import Field
from typing_extensions import TypedDict  # before Python 3.12 pydantic takes no other

from accounts import scopes as scope_catalogue
from mcp_api.calls.context import Context
from mcp_api.integrations.query_types import FAULT, column_type, filter_type, leads_to_many, resolve
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import UNNAMED, Names
from mcp_api.schemas.declaration_errors import DeclarationError, collected, line_of_caller, shown

Rows = QuerySet[Any]

MOST_SKIPPED = 100_000


def search(  # noqa: PLR0913 - the one place where authors say all that there is to say
    name: str,
    rows: Rows | Manager[Any],
    *,
    columns: Iterable[str],
    filters: Iterable[str] = (),
    order_by: Iterable[str] = ("pk",),
    limit: int = 50,
    visible_to: Callable[[Context, Rows], Rows] | None = None,
    description: str = "",
    title: str = "",
    scopes: Names = scope_catalogue.DEFAULT,
    permission: Names = (),
    timeout: float | None = UNNAMED,
) -> None:
    """Offer the queryset `rows` to be searched by a tool called `name`.

    `columns` are what leaves ("title", "author__name"), and nothing else does. Each of `filters` ("year",
    "title__icontains") becomes an argument of its type, `order_by` the orders ("title", "-year") that a caller may
    choose from: the first, unless they do. They get `limit` rows at most, from `offset` on. `visible_to` narrows the
    rows to those that the person who calls may see: `lambda context, rows: rows.filter(owner=context.user)`.
    """
    # For whoever has to find it again: the module that calls this.
    declared_at = line_of_caller()
    declared_in = declared_at.rpartition(":")[0]
    with collected(f"{declared_in}.{name}"):
        rows = queryset_of(rows)
        wanted = Wanted(rows, list(columns), list(filters), list(order_by), limit)
        function = wanted.function(name, visible_to)
        function.__module__ = declared_in
        function.declared_at = declared_at  # type: ignore[attr-defined]
        function.__doc__ = description or f"Search the {rows.model._meta.verbose_name_plural}."
        offer = registry.tool(
            name=name, title=title, scopes=scopes, permission=permission, read_only=True, timeout=timeout
        )
        offer(function)


def queryset_of(rows: Any) -> Rows:
    """`rows`, or all of a manager. Raises DeclarationError for what is neither."""
    if isinstance(rows, Manager):
        return rows.all()
    if isinstance(rows, QuerySet):
        return rows
    is_model = isinstance(rows, type) and issubclass(rows, Model)
    hint = f"Pass a queryset: {rows.__name__ if is_model else 'Book'}.objects.all()."
    raise DeclarationError(FAULT, f"{shown(rows)} is {'a model' if is_model else 'no queryset'}.", hint)


class Wanted:
    """What may be asked of a queryset. Raises DeclarationError for what it does not have."""

    def __init__(self, rows: Rows, columns: list[str], filters: list[str], orders: list[str], limit: int) -> None:
        self.rows, self.columns, self.limit = rows, columns, limit
        model: type[Model] = rows.model
        annotations = set(rows.query.annotations)
        if not columns or limit < 1:
            raise DeclarationError(
                FAULT, "There is nothing to show.", "Name a column at least, and a limit of 1 at least."
            )
        if rows.query.is_sliced:
            raise DeclarationError(FAULT, "A part of a queryset cannot be searched.", "Pass it whole, and a limit.")
        self.shown = {column: column_type(model, annotations, column) for column in columns}
        self.filters = {each: filter_type(model, each) for each in filters}
        self.leading_to_many = {each for each in filters if leads_to_many(model, each)}
        for order in orders:
            if order.removeprefix("-") not in annotations and resolve(model, order.removeprefix("-"))[1]:
                raise DeclarationError(
                    FAULT, f"There can be no order {order!r}.", "It is a field, perhaps with a - before."
                )
        self.orders = tuple(orders)

    def function(self, name: str, visible_to: Callable[[Context, Rows], Rows] | None) -> Callable[..., Any]:
        """What the tool does, with a signature that says what it takes and returns."""

        def find(**asked: Any) -> Any:
            context = asked.pop("context")
            # A queryset remembers what it found: each call needs one of its own.
            rows = self.rows.all() if visible_to is None else visible_to(context, self.rows.all())
            return self.page(rows, **asked)

        parameters = self.parameters()
        find.__name__ = find.__qualname__ = name
        find.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        find.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": self.result(name)}
        return find

    def parameters(self) -> list[inspect.Parameter]:
        keyword = inspect.Parameter.KEYWORD_ONLY
        limit = Annotated[int, Field(ge=1, le=self.limit, description="How many rows at most")]
        offset = Annotated[int, Field(ge=0, le=MOST_SKIPPED, description="How many rows to skip")]
        return [
            inspect.Parameter("context", keyword, annotation=Context),
            *(
                inspect.Parameter(each, keyword, default=None, annotation=kind | None)
                for each, kind in self.filters.items()
            ),
            inspect.Parameter("order_by", keyword, default=self.orders[0], annotation=Literal[self.orders]),
            inspect.Parameter("limit", keyword, default=self.limit, annotation=limit),
            inspect.Parameter("offset", keyword, default=0, annotation=offset),
        ]

    def result(self, name: str) -> Any:
        row = TypedDict(f"{name}_row", self.shown)  # type: ignore[misc]
        return TypedDict(f"{name}_result", {"rows": list[row], "more": bool})  # type: ignore[operator]

    def page(self, rows: Rows, *, order_by: str, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        given = {name: value for name, value in filters.items() if value is not None}
        # The key decides between rows that are alike, or pages would overlap.
        if self.leading_to_many & given.keys():
            # By their keys: a filter over many related rows would show a row once for each.
            matching = self.rows.model._default_manager.filter(**given).values("pk")
            rows, given = rows.filter(pk__in=matching), {}
        found = rows.filter(**given).order_by(order_by, "pk").values(*self.columns)
        page = list(found[offset : offset + limit + 1])
        return {"rows": page[:limit], "more": len(page) > limit}

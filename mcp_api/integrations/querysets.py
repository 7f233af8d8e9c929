"""`search`: a read-only tool that searches a queryset."""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from django.db.models import Manager, Model, QuerySet
from pydantic import Field
from typing_extensions import TypedDict  # pydantic requires it before Python 3.12

from accounts import scopes as scope_catalogue
from mcp_api.calls.context import Context
from mcp_api.integrations.query_types import CHECK_ID, column_type, filter_type, leads_to_many, resolve
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import DEFAULT_TIMEOUT, NameOrNames
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, line_of_caller, short_repr

Rows = QuerySet[Any]

MAX_OFFSET = 100_000


def search(  # noqa: PLR0913 - the public options of the tool
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
    scopes: NameOrNames = scope_catalogue.DEFAULT,
    permission: NameOrNames = (),
    timeout: float | None = DEFAULT_TIMEOUT,
) -> None:
    """Add a tool `name` that searches the queryset `rows`.

    The tool returns only `columns` ("title", "author__name"). Each of `filters` ("year", "title__icontains") is an
    argument of the field's type. `order_by` are the orders ("title", "-year") to choose from; the first is the default.
    A call returns at most `limit` rows, from its argument `offset` on. `visible_to` narrows the rows to those that the
    person may see: `lambda context, rows: rows.filter(owner=context.user)`.
    """
    # Check messages name the module that calls this function.
    declared_at = line_of_caller()
    declared_in = declared_at.rpartition(":")[0]
    with errors_collected(f"{declared_in}.{name}"):
        rows = queryset_of(rows)
        query = SearchQuery(rows, list(columns), list(filters), list(order_by), limit)
        function = query.function(name, visible_to)
        function.__module__ = declared_in
        function.declared_at = declared_at  # type: ignore[attr-defined]
        function.__doc__ = description or f"Search the {rows.model._meta.verbose_name_plural}."
        register = registry.tool(
            name=name, title=title, scopes=scopes, permission=permission, read_only=True, timeout=timeout
        )
        register(function)


def queryset_of(rows: Any) -> Rows:
    """Return `rows` as a queryset. Raises DeclarationError unless it is a queryset or a manager."""
    if isinstance(rows, Manager):
        return rows.all()
    if isinstance(rows, QuerySet):
        return rows
    is_model = isinstance(rows, type) and issubclass(rows, Model)
    hint = f"Pass a queryset: {rows.__name__ if is_model else 'Book'}.objects.all()."
    raise DeclarationError(CHECK_ID, f"{short_repr(rows)} is {'a model, ' if is_model else ''}not a queryset.", hint)


class SearchQuery:
    """The columns, filters and orders of a search. Raises DeclarationError for one that the queryset does not have."""

    def __init__(self, rows: Rows, columns: list[str], filters: list[str], orders: list[str], limit: int) -> None:
        self.rows, self.columns, self.limit = rows, columns, limit
        model: type[Model] = rows.model
        annotations = set(rows.query.annotations)
        if not columns or limit < 1:
            raise DeclarationError(
                CHECK_ID, "The tool would return no data.", "Name at least one column, and a limit of at least 1."
            )
        if rows.query.is_sliced:
            raise DeclarationError(
                CHECK_ID, "A sliced queryset cannot be searched.", "Pass it without the slice, and use limit=."
            )
        self.column_types = {column: column_type(model, annotations, column) for column in columns}
        self.filters = {each: filter_type(model, each) for each in filters}
        self.to_many = {each for each in filters if leads_to_many(model, each)}
        for order in orders:
            if order.removeprefix("-") not in annotations and resolve(model, order.removeprefix("-"))[1]:
                raise DeclarationError(
                    CHECK_ID,
                    f"The order {order!r} is not supported.",
                    "An order is a field, with a - before it for descending.",
                )
        self.orders = tuple(orders)

    def function(self, name: str, visible_to: Callable[[Context, Rows], Rows] | None) -> Callable[..., Any]:
        """Return the function of the tool, with a signature for its schemas."""

        def find(**arguments: Any) -> Any:
            context = arguments.pop("context")
            # A queryset caches its rows: each call needs a new one.
            rows = self.rows.all() if visible_to is None else visible_to(context, self.rows.all())
            return self.page(rows, **arguments)

        parameters = self.parameters()
        find.__name__ = find.__qualname__ = name
        find.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        find.__annotations__ = {each.name: each.annotation for each in parameters} | {"return": self.result(name)}
        return find

    def parameters(self) -> list[inspect.Parameter]:
        keyword = inspect.Parameter.KEYWORD_ONLY
        limit = Annotated[int, Field(ge=1, le=self.limit, description="How many rows at most")]
        offset = Annotated[int, Field(ge=0, le=MAX_OFFSET, description="How many rows to skip")]
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
        row = TypedDict(f"{name}_row", self.column_types)  # type: ignore[misc]
        return TypedDict(f"{name}_result", {"rows": list[row], "more": bool})  # type: ignore[operator]

    def page(self, rows: Rows, *, order_by: str, limit: int, offset: int, **filters: Any) -> dict[str, Any]:
        conditions = {name: value for name, value in filters.items() if value is not None}
        if self.to_many & conditions.keys():
            # By a subquery: a join with many related rows would return a row once for each of them.
            matching = self.rows.model._default_manager.filter(**conditions).values("pk")
            rows, conditions = rows.filter(pk__in=matching), {}
        # The key makes the order total: otherwise pages could overlap.
        found = rows.filter(**conditions).order_by(order_by, "pk").values(*self.columns)
        page = list(found[offset : offset + limit + 1])
        return {"rows": page[:limit], "more": len(page) > limit}

"""Queries that are compiled to SQL once, and return model instances."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from accounts.db.errors import UNAVAILABLE
from accounts.db.statement import Statement

Row = TypeVar("Row", bound=Model)
# The placeholder of a value while the query is compiled. No real value equals it.
PLACEHOLDER = "\x00value {}\x00"


class PreparedQuery(Generic[Row]):
    """A query for at most one row. `queryset` returns it for its `parameter_count` parameters, which are strings.

    `queryset` may use select_related and annotate. It is called once, at the first query.
    """

    def __init__(self, queryset: Callable[..., QuerySet[Row]], parameter_count: int = 1) -> None:
        self._queryset = queryset
        self._placeholders = [PLACEHOLDER.format(position) for position in range(parameter_count)]
        self._compiled: CompiledQuery | None = None
        self._statement: Statement | None = None

    def first(self, *values: str) -> Row | None:
        """Return the row for `values`, or None. Raises database errors.

        Where an open connection turns out to be broken, the query is made once more on a new one. So no other query has
        to check the connection each time.
        """
        if connection.connection is None or connection.in_atomic_block:
            return self._run(values)
        connection.health_check_done = True  # type: ignore[attr-defined] # the stubs lack it
        try:
            return self._run(values)
        except UNAVAILABLE:
            connection.close()
            return self._run(values)

    def _run(self, values: Sequence[str]) -> Row | None:
        if self._compiled is None or self._statement is None:
            compiled = CompiledQuery(self._queryset(*self._placeholders), connection)
            self._compiled, self._statement = compiled, Statement(compiled.sql)
        parameters = dict(zip(self._placeholders, values, strict=True))
        row = self._statement.first([parameters.get(parameter, parameter) for parameter in self._compiled.parameters])
        found: Row | None = None if row is None else self._compiled.instance(row)
        return found


class CompiledQuery:
    """The `sql` of a query, and the conversion of its rows to models, which Django computes again for each query."""

    def __init__(self, queryset: QuerySet[Any], connection: Any) -> None:
        self.connection = connection
        compiler = queryset.query.get_compiler(connection=connection)
        self.sql, self.parameters = compiler.as_sql()
        assert compiler.klass_info is not None
        self.model: type[Model] = compiler.klass_info["model"]
        columns = compiler.klass_info["select_fields"]
        self.start, self.end = columns[0], columns[-1] + 1
        self.names = [column[0].target.attname for column in compiler.select[self.start : self.end]]
        # The stubs are those of a later Django.
        self.related = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map or {}
        self.converters = compiler.get_converters([column[0] for column in compiler.select])

    def instance(self, columns: Sequence[Any]) -> Any:
        """Return a new model instance for a row, with its relations."""
        row = list(columns)
        for position, (converters, expression) in self.converters.items():
            for convert in converters:
                row[position] = convert(row[position], expression, self.connection)
        found = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.start : self.end])
        for related in self.related:
            related.populate(row, found)
        for name, position in self.annotations.items():
            setattr(found, name, row[position])
        return found

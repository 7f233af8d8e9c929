"""A query that every request makes: its SQL is compiled once, and its rows become the same models as ever."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from accounts.db.errors import UNAVAILABLE
from accounts.db.statement import Statement

Row = TypeVar("Row", bound=Model)
# Stands for a value while the query is compiled: nothing that a person or a program would look for.
VALUE = "\x00value {}\x00"


class PreparedQuery(Generic[Row]):
    """`queryset` makes, of the texts that differ each time, what finds at most one row. `places` is how many texts.

    It may join (select_related) and annotate; it is called once, when it is first needed.
    """

    def __init__(self, queryset: Callable[..., QuerySet[Row]], places: int = 1) -> None:
        self._queryset = queryset
        self._stand_ins = [VALUE.format(place) for place in range(places)]
        self._compiled: CompiledQuery | None = None
        self._statement: Statement | None = None

    def first(self, *values: str) -> Row | None:
        """The row for `values`, if there is one. Raises the database's errors.

        A kept connection may have died since. That is found out by the query itself, which is then made once more,
        rather than by another one before it, each time.
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
            compiled = CompiledQuery(self._queryset(*self._stand_ins), connection)
            self._compiled, self._statement = compiled, Statement(compiled.sql)
        given = dict(zip(self._stand_ins, values, strict=True))
        row = self._statement.first([given.get(parameter, parameter) for parameter in self._compiled.parameters])
        found: Row | None = None if row is None else self._compiled.instance(row)
        return found


class CompiledQuery:
    """What Django's ModelIterable finds out about a query each time anew: `sql`, and how its rows become models."""

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
        """The model that a row stands for, with its relations: a new one each time."""
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

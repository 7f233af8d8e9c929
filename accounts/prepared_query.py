"""A query that every request makes: its SQL is compiled once, and its rows become the same models as ever."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from accounts.endpoints import UNAVAILABLE
from accounts.statement import Statement

Row = TypeVar("Row", bound=Model)
# Stands for the value while the query is compiled: nothing that a person or a program would look for.
VALUE = "\x00value\x00"


class PreparedQuery(Generic[Row]):
    """`queryset` makes, of the one text that differs each time, what finds at most one row.

    It may join (select_related) and annotate; it is called once, when it is first needed.
    """

    def __init__(self, queryset: Callable[[str], QuerySet[Row]]) -> None:
        self._queryset = queryset
        self._compiled: _Compiled | None = None

    def first(self, value: str) -> Row | None:
        """The row for `value`, if there is one. Raises the database's errors.

        A kept connection may have died since. That is found out by the query itself, which is then made once more,
        rather than by another one before it, each time.
        """
        if connection.connection is None or connection.in_atomic_block:
            return self._run(value)
        connection.health_check_done = True  # type: ignore[attr-defined] # the stubs lack it
        try:
            return self._run(value)
        except UNAVAILABLE:
            connection.close()
            return self._run(value)

    def _run(self, value: str) -> Row | None:
        if self._compiled is None:
            self._compiled = _Compiled(self._queryset(VALUE))
        row: Row | None = self._compiled.first(value)
        return row


class _Compiled:
    """What Django's ModelIterable finds out about a query each time anew."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        sql, self.parameters = compiler.as_sql()
        self.statement = Statement(sql)
        assert compiler.klass_info is not None
        self.model: type[Model] = compiler.klass_info["model"]
        columns = compiler.klass_info["select_fields"]
        self.start, self.end = columns[0], columns[-1] + 1
        self.names = [column[0].target.attname for column in compiler.select[self.start : self.end]]
        # The stubs are those of a later Django.
        self.related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]
        self.annotations = compiler.annotation_col_map or {}
        self.converters = compiler.get_converters([column[0] for column in compiler.select])

    def first(self, value: str) -> Any:
        found = self.statement.first([value if parameter == VALUE else parameter for parameter in self.parameters])
        return None if found is None else self.instance(list(found))

    def instance(self, row: list[Any]) -> Any:
        for position, (converters, expression) in self.converters.items():
            for convert in converters:
                row[position] = convert(row[position], expression, connection)
        found = self.model.from_db(connection.alias, self.names, row[self.start : self.end])
        for related in self.related:
            related.populate(row, found)
        for name, position in self.annotations.items():
            setattr(found, name, row[position])
        return found

"""`expose`: what a REST framework view or viewset does, as tools."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from rest_framework import generics
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from mcp_api.calls.context import Context
from mcp_api.integrations import rest_call
from mcp_api.integrations.json_schema import Schema, SchemaArguments, SchemaResult
from mcp_api.integrations.rest_call import Route
from mcp_api.integrations.rest_filters import query_arguments
from mcp_api.integrations.rest_schema import RequestSchema, ResponseSchema, envelope
from mcp_api.registry import tools as registry
from mcp_api.registry.primitive import UNNAMED, Names, as_names, in_words, time_limit
from mcp_api.registry.tools import Tool, hints
from mcp_api.schemas.declaration_errors import DeclarationError, collected, line_of_caller, shown

logger = logging.getLogger(__name__)

FAULT = "mcp_api.E013"
# What REST framework's own mixins call what a router binds to these methods.
METHODS = {
    "list": "get",
    "retrieve": "get",
    "create": "post",
    "update": "put",
    "partial_update": "patch",
    "destroy": "delete",
}
# Whoever writes one of these says what comes back in a way that cannot be told beforehand.
SHAPING = ("get_serializer", "get_serializer_class", "paginate_queryset", "get_paginated_response", "finalize_response")
WRITING = {"create", "update", "partial_update", "post", "put", "patch"}
SENTENCES = {
    "list": "List {plural}.",
    "get": "Get {plural}.",
    "retrieve": "Get one of the {plural}.",
    "create": "Add to the {plural}.",
    "post": "Add to the {plural}.",
    "update": "Replace one of the {plural}.",
    "put": "Replace one of the {plural}.",
    "partial_update": "Change one of the {plural}.",
    "patch": "Change one of the {plural}.",
    "destroy": "Delete one of the {plural}.",
    "delete": "Delete one of the {plural}.",
}


def expose(  # noqa: PLR0913 - the one place where authors say all that there is to say
    view: type[Any],
    *,
    actions: Iterable[str],
    name: str = "",
    scopes: Names | None = None,
    permission: Names = (),
    descriptions: Mapping[str, str] | None = None,
    serializers: Mapping[str, type[Any]] | None = None,
    destructive: bool | Mapping[str, bool] | None = None,
    timeout: float | None = UNNAMED,
) -> None:
    """Offer the named `actions` of a REST framework viewset, or methods ("get", "post") of a view, as tools.

    The view's own permissions, throttles, filters, pagination and querysets go on ruling; `request.user` is the
    person who calls. A tool is called `{name}_{action}`, where `name` is the model's unless told otherwise: book_list.
    It needs the scope read or write, depending on the method, unless `scopes` says which. Its description is the
    action's docstring, unless `descriptions` has one. `serializers` names what an @action of yours takes.

    `create` is announced as a tool that only adds. Any other action that writes, such as an @action of yours with
    POST, is announced as one that may change or delete. `destructive=False` says that all of these only add;
    `destructive={"lend": False}` says it of one.
    """
    declared_at = line_of_caller()
    actions = list(actions)
    with collected(view):
        require_view(view)
        base = name or name_of(view)
        require_writing(view, actions, destructive)
        for action in actions:
            exposed = Exposed(view, action, (serializers or {}).get(action), said_of(action, destructive))
            with told_of(view, action):
                tool = exposed.tool(
                    f"{base}_{action}",
                    declared_at,
                    description=(descriptions or {}).get(action, ""),
                    scopes=exposed.scopes if scopes is None else as_names(scopes),
                    permissions=as_names(permission),
                    timeout=time_limit(timeout),
                )
            registry.add(tool)


@contextmanager
def told_of(view: type[Any], action: str) -> Iterator[None]:
    """Raise DeclarationError where the view's own code, or its filters', fails when it is asked what it takes."""
    try:
        yield
    except ImproperlyConfigured:
        raise
    except Exception as error:
        message = f"{view.__name__}.{action} cannot be asked what it takes and what comes back: {error!r}."
        hint = "It is asked without a request while the server starts: view.request is None. See the log for the place."
        logger.warning("%s.%s cannot be asked what it takes.", view.__name__, action, exc_info=error)
        raise DeclarationError(FAULT, message, hint) from error


def require_view(view: Any) -> None:
    """Raise DeclarationError unless `view` is a class of REST framework's views."""
    if not isinstance(view, type) or not issubclass(view, APIView):
        hint = "Pass the class of a view or a viewset: expose(BookViewSet, …), not BookViewSet() or .as_view()."
        raise DeclarationError(FAULT, f"{shown(view)} is no class of REST framework's views.", hint)


def require_writing(view: type[Any], actions: list[str], destructive: bool | Mapping[str, bool] | None) -> None:
    """Raise DeclarationError where `destructive` names an action that is not exposed, or one that only reads."""
    said = destructive if isinstance(destructive, Mapping) else {}
    for action, worse in said.items():
        if action not in actions:
            hint = f"The actions are {', '.join(actions)}."
            raise DeclarationError(
                FAULT, f"destructive= of {view.__name__} names {action!r}, which is not exposed.", hint
            )
        if worse and Exposed(view, action).method == "get":
            message = f"{view.__name__}.{action} is a GET, which changes nothing, and not destructive."
            raise DeclarationError(FAULT, message, "Let it be called by POST, or leave it out of destructive=.")


def said_of(action: str, destructive: bool | Mapping[str, bool] | None) -> bool | None:
    """What the author says of `action`; None for nothing."""
    return destructive.get(action) if isinstance(destructive, Mapping) else destructive


def name_of(view: type[Any]) -> str:
    model = model_of(view)
    if model is None:
        message = f"{view.__name__} has no queryset to be named after."
        raise DeclarationError(FAULT, message, 'Pass name="…", with which its tools\' names begin.')
    return str(model._meta.model_name)


def model_of(view: type[Any]) -> type[models.Model] | None:
    queryset = getattr(view, "queryset", None)
    if queryset is not None:
        return queryset.model
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    return getattr(meta, "model", None)


@dataclass(frozen=True)
class Exposed:
    """An action of a view: how it is called, what it takes and what comes back."""

    cls: type[Any]
    action: str
    serializer: type[Any] | None = None
    # What the author says; None for what follows from the action.
    destructive: bool | None = None

    def tool(self, name: str, declared_at: str, *, description: str, **fields: Any) -> Tool:
        route, arguments = self.route(), self.arguments()
        result = self.result()

        def run(context: Context, arguments: dict[str, Any]) -> Any:
            return rest_call.call(route, context, arguments)

        run.__qualname__, run.__module__ = f"{self.cls.__name__}.{self.action}", self.cls.__module__
        run.declared_at = declared_at  # type: ignore[attr-defined]
        reads = self.method == "get"
        return Tool(
            name=name,
            title=in_words(name),
            description=description or self.description(),
            function=run,
            arguments=SchemaArguments(arguments),
            read_only=reads,
            annotations=hints(reads, self.is_destructive, self.method != "post", False),
            result=None if result is None else SchemaResult(result),
            is_data=True,
            may_write=True,
            **fields,
        )

    @property
    def is_destructive(self) -> bool:
        """Whether it may change or delete. Only of REST framework's own meaning of `create` is it certain that it adds:
        what the project wrote is announced with the specification's default (ToolAnnotations.destructiveHint).
        """
        if self.destructive is not None:
            return self.destructive
        return not (self.action == "create" or (self.action == "post" and not is_custom(self.cls, "post")))

    # --- How it is called ----------------------------------------------------------------------

    @property
    def extra(self) -> Any:
        """The function that REST framework's @action decorated; None for one of its own actions."""
        found = getattr(self.cls, self.action, None)
        return found if hasattr(found, "mapping") else None

    @property
    def is_viewset(self) -> bool:
        return issubclass(self.cls, ViewSetMixin)

    @property
    def method(self) -> str:
        """In lower case. Raises DeclarationError where there is no such action."""
        if not hasattr(self.cls, self.action) or self.action.startswith("_"):
            raise self.unknown()
        if not self.is_viewset:
            if self.action not in METHODS.values():
                raise self.unknown()
            return self.action
        if self.extra is not None:
            return self.own_method()
        if self.action not in METHODS:
            raise self.unknown()
        return METHODS[self.action]

    def own_method(self) -> str:
        methods = [method for method, action in self.extra.mapping.items() if action == self.action]
        if len(methods) > 1 or "(?P<" in self.extra.url_path or "<" in self.extra.url_path:
            hint = "An action that is exposed has one method, and no argument in its path but its object's key."
            raise DeclarationError(FAULT, f"{self.cls.__name__}.{self.action} is more than one thing.", hint)
        return str(methods[0])

    def unknown(self) -> DeclarationError:
        what = "action" if self.is_viewset else "method"
        hint = "It is one of REST framework's (list, retrieve, …), or a method that @action decorates."
        return DeclarationError(FAULT, f"{self.cls.__name__} has no {what} {self.action!r}.", hint)

    @property
    def scopes(self) -> tuple[str, ...]:
        return ("read",) if self.method == "get" else ("write",)

    @property
    def options(self) -> dict[str, Any]:
        """What a router would hand to `as_view`."""
        named = {"detail": self.is_detail, "basename": self.cls.__name__.lower()} if self.is_viewset else {}
        own = dict(self.extra.kwargs) if self.extra is not None else {}
        known = {key: value for key, value in {**named, **own}.items() if hasattr(self.cls, key)}
        return {**known, **rest_call.SPOKEN}

    def route(self) -> Route:
        bound = [{self.method: self.action}] if self.is_viewset else []
        return Route(
            self.cls.as_view(*bound, **self.options),
            self.method,
            frozenset([self.lookup] if self.is_detail else ()),
            frozenset(self.query()),
        )

    @property
    def is_detail(self) -> bool:
        """Whether it is about one thing, which is named by an argument."""
        if self.extra is not None:
            return bool(self.extra.detail)
        if self.is_viewset:
            return self.action not in ("list", "create")
        return any(hasattr(self.cls, each) for each in ("retrieve", "update", "destroy"))

    @property
    def lookup(self) -> str:
        return str(getattr(self.cls, "lookup_url_kwarg", None) or getattr(self.cls, "lookup_field", "pk"))

    def instance(self) -> Any:
        """The view as it is while it answers, but for the request: there is none yet."""
        view = self.cls(**self.options)
        view.request, view.format_kwarg, view.args, view.kwargs = None, None, (), {}
        if self.is_viewset:
            view.action, view.action_map = self.action, {self.method: self.action}
        return view

    # --- What it takes ---------------------------------------------------------------------------

    def arguments(self) -> Schema:
        body = self.body()
        properties = {**self.path(), **self.query(), **body.get("properties", {})}
        required = [*self.path(), *body.get("required", [])]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def path(self) -> dict[str, Schema]:
        return {self.lookup: self.key()} if self.is_detail else {}

    def key(self) -> Schema:
        """The type of what names one thing."""
        model, field_name = model_of(self.cls), getattr(self.cls, "lookup_field", "pk")
        try:
            field = model._meta.pk if field_name == "pk" else model._meta.get_field(field_name)  # type: ignore[union-attr]
        except (AttributeError, FieldDoesNotExist):
            return {"type": ["integer", "string"]}
        if isinstance(field, models.IntegerField):
            return {"type": "integer"}
        return {"type": "string", "format": "uuid"} if isinstance(field, models.UUIDField) else {"type": "string"}

    def query(self) -> dict[str, Schema]:
        if not self.is_list:
            return {}
        return query_arguments(self.instance(), model_of(self.cls))

    @property
    def is_list(self) -> bool:
        generic = issubclass(self.cls, generics.GenericAPIView)
        return generic and (self.action == "list" or (self.action == "get" and hasattr(self.cls, "list")))

    def body(self) -> Schema:
        serializer = self.incoming()
        if serializer is None:
            return {}
        schema: Schema = RequestSchema().map_serializer(serializer)
        clash = schema["properties"].keys() & self.path().keys()
        for name in clash:
            del schema["properties"][name]
            schema["required"] = [each for each in schema.get("required", ()) if each != name]
        return schema

    def incoming(self) -> Any:
        """The serializer of what is sent; None where nothing is, or where nobody knows."""
        if self.serializer is not None:
            return self.serializer(partial=self.action in ("partial_update", "patch"))
        if self.extra is not None:
            named = self.extra.kwargs.get("serializer_class")
            return None if named is None or self.method == "get" else named()
        if self.action not in WRITING or not hasattr(self.cls, "get_serializer"):
            return None
        return self.made(partial=self.action in ("partial_update", "patch"))

    def made(self, **options: Any) -> Any:
        try:
            return self.instance().get_serializer(**options)
        except Exception as error:
            message = f"{self.cls.__name__}.get_serializer cannot be asked for a schema: {error!r}."
            hint = f'It may need a request. Name the serializer: serializers={{"{self.action}": …}}.'
            raise DeclarationError(FAULT, message, hint) from error

    # --- What comes back -------------------------------------------------------------------------

    def result(self) -> Schema | None:
        """None where it is not certain."""
        if self.extra is not None or not hasattr(self.cls, "get_serializer") or self.method == "delete":
            return None
        if any(is_custom(self.cls, each) for each in (self.action, *SHAPING) if hasattr(self.cls, each)):
            return None
        serializer = self.made()
        row: Schema = ResponseSchema().map_serializer(serializer)
        if not self.is_list:
            return row if row != {"type": "object"} else None
        rows: Schema = {"type": "array", "items": row}
        paginator = self.instance().paginator
        if paginator is None:
            return rows
        return envelope(paginator, rows) if is_always_paged(paginator) else None

    def description(self) -> str:
        written = getattr(getattr(self.cls, self.action), "__doc__", None)
        if written and (self.extra is not None or is_custom(self.cls, self.action)):
            return " ".join(written.split())
        model = model_of(self.cls)
        plural = str(model._meta.verbose_name_plural) if model is not None else in_words(self.cls.__name__)
        return SENTENCES[self.action].format(plural=plural) if self.action in SENTENCES else ""


def is_custom(cls: type[Any], action: str) -> bool:
    """Whether the project wrote the action itself: REST framework's own answer with their serializer."""
    return not getattr(cls, action).__module__.startswith("rest_framework.")


def is_always_paged(paginator: Any) -> bool:
    if is_custom(type(paginator), "get_paginated_response") or is_custom(type(paginator), "paginate_queryset"):
        return False
    return bool(getattr(paginator, "page_size", None) or getattr(paginator, "default_limit", None))

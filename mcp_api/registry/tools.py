"""The tools that this server offers: whatever an app's `mcp_tools.py` decorates, and nothing else."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, overload

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.registry import param_headers
from mcp_api.registry.icons import described_icons
from mcp_api.registry.primitive import UNNAMED, Names, Primitive, as_names, described, in_words, time_limit
from mcp_api.schemas.declaration_errors import DeclarationError, collected, require_free
from mcp_api.schemas.signature import OutputSchema, arguments_of, result_of

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Primitive):
    """A function that a client may call, with all that it is told about it."""

    kind: ClassVar[str] = "tool"
    read_only: bool
    annotations: dict[str, bool]
    result: OutputSchema | None
    # Whether the value is data for programs even where `result` says nothing of its form, as of a REST framework view.
    is_data: bool = False
    # Whether a read_only function may write all the same: a REST framework view may count its visitors in a GET.
    may_write: bool = False
    # Whether it runs in a transaction, where it may write.
    atomic: bool = True
    # The headers that repeat an argument, by that argument (mcp_api/registry/param_headers.py).
    headers: dict[param_headers.Path, str] = field(default_factory=dict)

    @property
    def does(self) -> scope_catalogue.Does:
        if self.read_only:
            return "reads"
        return "destroys" if self.annotations["destructiveHint"] else "adds"

    @property
    def refuses_writes(self) -> bool:
        """Whether the database refuses what the function would write (mcp_api/db/writes.py)."""
        return self.read_only and not self.may_write


tools: dict[str, Tool] = {}


@overload
def tool(function: Function) -> Function: ...


@overload
def tool(
    *,
    name: str = ...,
    title: str = ...,
    scopes: Names = ...,
    permission: Names = ...,
    timeout: float | None = ...,
    read_only: bool = ...,
    destructive: bool = ...,
    idempotent: bool = ...,
    open_world: bool = ...,
    atomic: bool | None = ...,
    icons: list[Icon] | None = ...,
    schema: dict[str, Any] | None = ...,
) -> Callable[[Function], Function]: ...


def tool(  # noqa: PLR0913 - the one place where authors say all that there is to say
    function: Any = None,
    *,
    name: str = "",
    title: str = "",
    scopes: Names = scope_catalogue.DEFAULT,
    permission: Names = (),
    timeout: float | None = UNNAMED,
    read_only: bool = False,
    destructive: bool | None = None,
    idempotent: bool = False,
    open_world: bool = False,
    atomic: bool | None = None,
    icons: list[Icon] | None = None,
    schema: dict[str, Any] | None = None,
) -> Any:
    """Offer a function to clients. Its signature becomes the schema, its docstring the description.

    `scopes` are all needed, and so is each `permission` of Django's ("library.view_book"): whoever lacks one is not
    offered the tool. `read_only` tools change nothing and run outside a transaction: what would write to the database
    is refused, and the call fails. Of the others, `destructive` (True, unless told otherwise) and `idempotent` tell the
    client how careful to be. `open_world` tools reach beyond this server (spec: server/tools, annotations). A call that
    takes longer than `timeout` seconds (CALL_TIMEOUT_SECONDS, unless told otherwise) is given up, and what it wrote is
    rolled back; with None it may take as long as it likes. An async function runs in no transaction, and under an event
    loop in no thread, beside hundreds of others; with `atomic=True` it runs in both, as other functions do. With
    `atomic=False` no function has a transaction. `schema` holds what a signature cannot say: further keywords (allOf,
    if, …) for the root of the arguments' JSON Schema.
    """

    def register(function: Function) -> Function:
        with collected(function):
            if read_only and destructive:
                message = f"{name or function.__name__} is read_only and destructive at once."
                raise DeclarationError("mcp_api.E017", message, "Drop one of them: what only reads destroys nothing.")
            takes = arguments_of(function, schema)
            add(
                Tool(
                    name=name or function.__name__,
                    title=title or in_words(name or function.__name__),
                    description=described(function),
                    function=function,
                    arguments=takes,
                    scopes=as_names(scopes),
                    permissions=as_names(permission),
                    timeout=time_limit(timeout),
                    icons=described_icons(icons),
                    read_only=read_only,
                    atomic=not inspect.iscoroutinefunction(function) if atomic is None else atomic,
                    annotations=hints(read_only, destructive is not False, idempotent, open_world),
                    result=result_of(function),
                    headers=param_headers.declared(takes.json_schema()),
                )
            )
        return function

    return register if function is None else register(function)


def hints(read_only: bool, destructive: bool, idempotent: bool, open_world: bool) -> dict[str, bool]:
    """ToolAnnotations (spec: server/tools)."""
    return {
        "readOnlyHint": read_only,
        "destructiveHint": destructive and not read_only,
        "idempotentHint": idempotent or read_only,
        "openWorldHint": open_world,
    }


def find(name: Any) -> Tool | None:
    """The tool of that name, which is whatever a client sent for one."""
    return tools.get(name) if isinstance(name, str) else None


def add(new: Tool) -> None:
    """Offer `new`. Raises DeclarationError where another has its name already."""
    require_free(tools, new.name, f"Two tools are called {new.name!r}", "Give one of them another name=.")
    tools[new.name] = new

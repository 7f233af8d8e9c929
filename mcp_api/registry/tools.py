"""Tools: `@tool` on a function in an app's `mcp_tools.py`. No other function is exposed."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, TypeVar, cast, get_args, overload

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.conf import conf
from mcp_api.registry import param_headers
from mcp_api.registry.apps import App, app_of
from mcp_api.registry.icons import icon_objects
from mcp_api.registry.names import OTHER_NAME, prefixed
from mcp_api.registry.primitive import (
    DEFAULT_TIMEOUT,
    NameOrNames,
    Primitive,
    Text,
    as_tuple,
    title_of,
    validated_name,
    validated_timeout,
)
from mcp_api.schemas.content import may_be_content
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, require_unique
from mcp_api.schemas.docstrings import description_of
from mcp_api.schemas.input_schema import arguments_of
from mcp_api.schemas.output_schema import OutputSchema, result_of
from mcp_api.schemas.signature import hints_of

# The forms in which structured data leaves: as text for models, and as `structuredContent` for programs.
ResultForm = Literal["both", "text", "structured"]
# Whether a call may become a task, or has to (mcp_api/extensions/tasks).
TaskSupport = Literal["optional", "required"]
# Seconds that a call may take before it becomes a task.
TASK_AFTER = 0.5

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Primitive):
    """A function that clients call, with its schemas and annotations."""

    kind: ClassVar[str] = "tool"
    read_only: bool
    annotations: dict[str, bool]
    result: OutputSchema | None
    # Whether the value is structured content even without a `result`, as that of a REST framework view, or of a
    # function that returns Any.
    is_data: bool = False
    # Whether a read_only function may write to the database: a REST framework view may count its visitors in a GET.
    may_write: bool = False
    # Whether a function that may write runs in a transaction.
    atomic: bool = True
    # None for the setting RESULT_FORM.
    result_form: ResultForm | None = None
    # Headers that repeat an argument, by the argument (mcp_api/registry/param_headers.py).
    headers: dict[param_headers.Path, str] = field(default_factory=dict)
    # None if a call never becomes a task. The seconds after which it does, and those that the task may take.
    task: TaskSupport | None = None
    task_after: float = TASK_AFTER
    task_timeout: float | None = None
    # The page that clients show beside the result, and who may call the tool; None for a tool without an app.
    app: App | None = None

    @property
    def effect(self) -> scope_catalogue.Does:
        if self.read_only:
            return "reads"
        return "destroys" if self.annotations["destructiveHint"] else "adds"

    @property
    def form(self) -> ResultForm:
        form = self.result_form or cast(ResultForm, conf.RESULT_FORM)
        # The page gets the structured content.
        return "both" if form == "text" and self.app is not None else form

    @property
    def refuses_writes(self) -> bool:
        """Return whether the function's writes to the database are refused (mcp_api/db/writes.py)."""
        return self.read_only and not self.may_write


tools: dict[str, Tool] = {}
# Functions that are called with each tool that is added from then on (mcp_api/extensions/).
observers: list[Callable[[Tool], None]] = []


@overload
def tool(function: Function) -> Function: ...


@overload
def tool(
    *,
    name: str = ...,
    title: Text = ...,
    description: Text = ...,
    scopes: NameOrNames = ...,
    permission: NameOrNames = ...,
    timeout: float | None = ...,
    read_only: bool = ...,
    destructive: bool = ...,
    idempotent: bool = ...,
    open_world: bool = ...,
    atomic: bool | None = ...,
    result_form: ResultForm | None = ...,
    task: TaskSupport | None = ...,
    task_after: float = ...,
    icons: list[Icon] | None = ...,
    app: App | str | None = ...,
    meta: dict[str, Any] | None = ...,
    schema: dict[str, Any] | None = ...,
) -> Callable[[Function], Function]: ...


def tool(  # noqa: PLR0913 - the public options of a tool
    function: Any = None,
    *,
    name: str = "",
    title: Text = "",
    description: Text = "",
    scopes: NameOrNames = scope_catalogue.DEFAULT,
    permission: NameOrNames = (),
    timeout: float | None = DEFAULT_TIMEOUT,
    read_only: bool = False,
    destructive: bool | None = None,
    idempotent: bool = False,
    open_world: bool = False,
    atomic: bool | None = None,
    result_form: ResultForm | None = None,
    task: TaskSupport | None = None,
    task_after: float = TASK_AFTER,
    icons: list[Icon] | None = None,
    app: App | str | None = None,
    meta: dict[str, Any] | None = None,
    schema: dict[str, Any] | None = None,
) -> Any:
    """Declare a tool. The function's signature becomes the schema, its docstring the description, unless there is one.
    Texts may be lazy (gettext_lazy).

    A call requires all `scopes`, and each Django `permission` ("library.view_book"); the tool is hidden from people
    without the permissions. `read_only` tools change nothing and run outside a transaction: a write to the database is
    refused, and the call fails. Otherwise `destructive` (default True) and `idempotent` are hints for the client.
    `open_world` tools reach beyond this server (spec: server/tools, annotations). A call that takes longer than
    `timeout` seconds (default CALL_TIMEOUT_SECONDS) is given up, and its writes are rolled back; None means no limit.
    An async function runs in no transaction, and on an event loop in no thread; with `atomic=True` it runs in both, as
    other functions do. With `atomic=False` no function has a transaction. `result_form` is the form of structured
    data: "text" for models, "structured" for programs, or "both"; None means the setting RESULT_FORM. With
    `task="optional"`, the call of a client that supports tasks becomes one after `task_after` seconds, with 0 at once;
    "required" refuses other clients. Without a `timeout`, a task has TASK_TIMEOUT_SECONDS. `app` is the page that shows
    the result in the client: the name of a template, or an App. `meta` is the tool's `_meta` in lists. `schema` holds
    keywords for the root of the input schema (allOf, if, …), which a signature cannot express.
    """

    def register(function: Function) -> Function:
        with errors_collected(function):
            called = validated_name(name, function)
            require_task_options(called, task, task_after)
            if read_only and destructive:
                message = f"{called} is read_only and destructive at once."
                raise DeclarationError(
                    "mcp_api.E017", message, "Remove one of them: a tool that only reads destroys nothing."
                )
            arguments = arguments_of(function, schema)
            add(
                Tool(
                    name=called,
                    title=title or title_of(called),
                    description=description or description_of(function),
                    function=function,
                    arguments=arguments,
                    scopes=as_tuple(scopes),
                    permissions=as_tuple(permission),
                    timeout=validated_timeout(timeout),
                    icons=icon_objects(icons),
                    app=app_of(app),
                    meta=meta or {},
                    read_only=read_only,
                    atomic=not inspect.iscoroutinefunction(function) if atomic is None else atomic,
                    annotations=hints(read_only, destructive is not False, idempotent, open_world),
                    result=result_of(function),
                    is_data=may_be_content(hints_of(function).get("return")),
                    result_form=result_form,
                    task=task,
                    task_after=task_after,
                    task_timeout=validated_timeout(timeout, float(conf.TASK_TIMEOUT_SECONDS)),
                    headers=param_headers.headers_of(arguments.json_schema()),
                )
            )
        return function

    return register if function is None else register(function)


def require_task_options(name: str, task: Any, task_after: Any) -> None:
    """Raise DeclarationError for options of tasks that have no meaning."""
    is_number = isinstance(task_after, int | float) and not isinstance(task_after, bool)
    if task not in (None, *get_args(TaskSupport)) or not (is_number and 0 <= task_after < math.inf):
        message = f"{name}: task={task!r:.40}, task_after={task_after!r:.40} has no meaning."
        hint = 'task is "optional" or "required"; task_after is a number of seconds, 0 for at once.'
        raise DeclarationError("mcp_api.E034", message, hint)


def hints(read_only: bool, destructive: bool, idempotent: bool, open_world: bool) -> dict[str, bool]:
    """ToolAnnotations (spec: server/tools)."""
    return {
        "readOnlyHint": read_only,
        "destructiveHint": destructive and not read_only,
        "idempotentHint": idempotent or read_only,
        "openWorldHint": open_world,
    }


def find(name: Any) -> Tool | None:
    """Return the tool with this name, which a client sent, of any type."""
    return tools.get(name) if isinstance(name, str) else None


def add(new: Tool) -> None:
    """Register `new`, with the prefix of its app. Raises DeclarationError if its name is taken."""
    new = replace(new, name=prefixed(new.name, new.function))
    require_unique(tools, new.name, f"Two tools are called {new.name!r}", OTHER_NAME)
    tools[new.name] = new
    for observe in observers:
        observe(new)

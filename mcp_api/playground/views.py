"""A person's tools: a list, and a page for each, with a form that calls it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http.json_input import read_json
from accounts.models import User
from accounts.resource_server.bearer import Principal
from mcp_api import local
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.input_requests.questions import CONFIRMATION
from mcp_api.playground.results import Outcome, command_line, pretty, typed_answer
from mcp_api.playground.schema_forms import SchemaForm

# The buttons that answer a `context.confirm`, and what they send.
ANSWERS = {"yes": True, "no": False}
CAPABILITIES: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}}

View = Callable[..., HttpResponse]


def while_trying(view: View) -> View:
    """Only in DEBUG, as if there were no such page otherwise; and only for somebody who has signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return login_required(never_cache(view))(request, *args, **kwargs)

    return guarded


@require_safe
@while_trying
def tools(request: HttpRequest) -> HttpResponse:
    """What the person may use."""
    return render(request, "mcp_api/playground/tools.html", {"tools": list(listed_tools(principal_of(request)))})


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@while_trying
def tool(request: HttpRequest, name: str) -> HttpResponse:
    """One of them: a form, and what a call of it returned."""
    principal = principal_of(request)
    described = next((each for each in listed_tools(principal) if each["name"] == name), None)
    if described is None and name.endswith("/") and request.method != "POST":
        return redirect("tool", name.rstrip("/"))
    if described is None:
        raise Http404
    page: dict[str, Any] = {"tool": described, "schema": pretty(described["inputSchema"])}
    if "request_state" in request.POST:
        page |= answer(request, principal, described)
    elif request.method == "POST":
        form = SchemaForm(described["inputSchema"], request.POST, prefix="argument")
        page["form"] = form
        if form.is_valid():
            page |= call(principal, described, form.values, {})
    page.setdefault("form", SchemaForm(described["inputSchema"], prefix="argument"))
    return render(request, "mcp_api/playground/tool.html", page)


def call(
    principal: Principal,
    described: dict[str, Any],
    arguments: dict[str, Any],
    retry: dict[str, Any],
    answers: Sequence[Any] = (),
) -> dict[str, Any]:
    """What the page shows of the call: its outcome, and forms for what it asks. `answers` are those so far."""
    name, heard, started = described["name"], list[dict[str, Any]](), time.monotonic()
    command = command_line(name, arguments, principal.user.get_username(), list(answers))
    outcome = Outcome(messages=heard, command=command)
    params = {"name": name, "arguments": arguments, **retry}
    try:
        outcome.result = local.ask(principal, "tools/call", params, capabilities=CAPABILITIES, hear=heard.append)
    except (McpError, InsufficientScope) as error:
        outcome.refusal = str(error)
    outcome.milliseconds = int((time.monotonic() - started) * 1000)
    shown: dict[str, Any] = {"outcome": outcome}
    if outcome.questions:
        shown |= asked(outcome.questions, outcome.result["requestState"], arguments, answers, None)
    return shown


def asked(
    questions: dict[str, Any], state: str, arguments: dict[str, Any], answers: Sequence[Any], data: Any
) -> dict[str, Any]:
    """The forms for `questions`, and what has to come back with the answers."""
    forms = [
        {
            "message": question["params"]["message"],
            "url": question["params"].get("url", ""),
            "form": SchemaForm(shown_schema(question), data, prefix=f"answer-{number}"),
        }
        for number, question in enumerate(questions.values())
    ]
    return {
        "questions": forms,
        "is_confirmation": is_confirmation(questions),
        "request_state": state,
        "carried": {
            "arguments": json.dumps(arguments),
            "questions": json.dumps(questions),
            "answers": json.dumps({"given": list(answers)}),
        },
    }


def is_confirmation(questions: dict[str, Any]) -> bool:
    """Whether there is but one question, by `context.confirm`: it has two buttons and no field."""
    return [each["params"].get("requestedSchema") for each in questions.values()] == [CONFIRMATION]


def shown_schema(question: dict[str, Any]) -> dict[str, Any]:
    """The form that is asked for. Of a confirmation without its default: nothing is chosen for the person."""
    schema: dict[str, Any] = question["params"].get("requestedSchema", {})
    if schema != CONFIRMATION:
        return schema
    properties = {"confirmed": {"type": "boolean", "title": "Your answer"}}
    return {**schema, "properties": properties, "required": ["confirmed"]}


def answer(request: HttpRequest, principal: Principal, described: dict[str, Any]) -> dict[str, Any]:
    """Go on with a call that asked. What came back is checked again: it is the state that is sealed."""
    arguments, questions = carried(request, "arguments"), carried(request, "questions")
    decision = request.POST.get("decision", "accept")
    try:
        page = asked(questions, request.POST["request_state"], arguments, answers_before(request), request.POST)
        forms = [each["form"] for each in page["questions"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise SuspiciousOperation("These are no questions of ours.") from error
    form = SchemaForm(described["inputSchema"], initial=arguments, prefix="argument")
    if page["is_confirmation"] and decision in ANSWERS:
        content = {"confirmed": ANSWERS[decision]}
        given = {key: {"action": "accept", "content": content} for key in questions}
        return {"form": form, **go_on(request, principal, described, arguments, given)}
    # All of them, so that all errors are told at once.
    valid = [each.is_valid() for each in forms]
    if decision == "accept" and not all(valid):
        return page | {"form": form}
    contents = [{"content": each.values} if decision == "accept" else {} for each in forms]
    given = {key: {"action": decision, **content} for key, content in zip(questions, contents, strict=True)}
    return {"form": form, **go_on(request, principal, described, arguments, given)}


def go_on(
    request: HttpRequest,
    principal: Principal,
    described: dict[str, Any],
    arguments: dict[str, Any],
    given: dict[str, Any],
) -> dict[str, Any]:
    """Call again with the answers that were `given`."""
    retry = {"requestState": request.POST["request_state"], "inputResponses": given}
    answers = [*answers_before(request), *map(typed_answer, given.values())]
    return call(principal, described, arguments, retry, answers)


def answers_before(request: HttpRequest) -> list[Any]:
    """The answers to questions that the call asked earlier, to be shown only."""
    given = carried(request, "answers").get("given")
    if not isinstance(given, list):
        raise SuspiciousOperation("These are no answers.")
    return given


def carried(request: HttpRequest, name: str) -> dict[str, Any]:
    try:
        value = read_json(request.POST.get(name, "").encode())
    except (ValueError, RecursionError) as error:
        raise SuspiciousOperation(f"{name} is not JSON.") from error
    if not isinstance(value, dict):
        raise SuspiciousOperation(f"{name} is no object.")
    return value


def principal_of(request: HttpRequest) -> Principal:
    return local.principal_of(cast(User, request.user), local.TRIAL_PAGE)


def listed_tools(principal: Principal) -> Iterator[dict[str, Any]]:
    """The tools that the person may use, as a client sees them."""
    page: dict[str, Any] = {}
    while True:
        listed = local.ask(principal, "tools/list", page)
        yield from listed["tools"]
        if "nextCursor" not in listed:
            return
        page = {"cursor": listed["nextCursor"]}

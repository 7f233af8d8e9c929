"""The list of a person's tools, and a page for each tool with a form that calls it."""

import json
import time
from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http.json_input import read_json
from accounts.resource_server.bearer import Principal
from mcp_api import local
from mcp_api.errors import InsufficientScope, McpError
from mcp_api.input_requests.questions import CONFIRMATION
from mcp_api.playground.access import (
    CAPABILITIES,
    choose_toolset,
    debug_only,
    listed_tool,
    listed_tools,
    principal_of,
    toolset_of,
)
from mcp_api.playground.apps import shown_app
from mcp_api.playground.form_edits import BUTTON, edited
from mcp_api.playground.kept_arguments import forget, keep, kept
from mcp_api.playground.results import Outcome, command_answer, command_line, pretty
from mcp_api.playground.schema_forms import SchemaForm
from mcp_api.policy import rules as policy

# The buttons that answer a `context.confirm`, and their values.
CONFIRMATION_BUTTONS = {"yes": True, "no": False}
SALT = "mcp_api.playground.questions"
# The button that leaves a form without the arguments of the last call.
FORGET = "forget"


@require_safe
@debug_only
def tools(request: HttpRequest) -> HttpResponse:
    """The list of the tools that the person may use."""
    choose_toolset(request)
    page = {
        "tools": list(listed_tools(principal_of(request))),
        "toolsets": sorted(policy.toolsets().values(), key=lambda toolset: toolset.name),
        "toolset": toolset_of(request),
    }
    return render(request, "mcp_api/playground/tools.html", page)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@debug_only
def tool(request: HttpRequest, name: str) -> HttpResponse:
    """The page of one tool: a form for its arguments, and the result of a call."""
    principal = principal_of(request)
    described = listed_tool(principal, name)
    if described is None and name.endswith("/") and request.method != "POST":
        return redirect("mcp_playground:tool", name.rstrip("/"))
    if described is None:
        raise Http404
    if request.POST.get(BUTTON) == FORGET:
        forget(request.session, described)
        return redirect("mcp_playground:tool", name)
    page: dict[str, Any] = {"tool": described, "schema": pretty(described["inputSchema"])}
    if "request_state" in request.POST:
        page |= answer(request, principal, described)
    elif request.method == "POST":
        page |= submit(request, principal, described)
    if "form" not in page:
        page["kept"] = kept(request.session, described)
        page["form"] = SchemaForm(described["inputSchema"], initial=page["kept"], prefix="argument")
    return render(request, "mcp_api/playground/tool.html", page)


def submit(request: HttpRequest, principal: Principal, described: dict[str, Any]) -> dict[str, Any]:
    """Call the tool with the arguments in the request, unless the person changed the form or it has errors."""
    edit = edited(request.POST)
    form = SchemaForm(described["inputSchema"], edit.data if edit else request.POST, prefix="argument", edit=edit)
    page: dict[str, Any] = {"form": form}
    if edit or not form.is_valid():
        return page
    keep(request.session, described, form.values)
    return page | call(principal, described, form.values, {})


def call(
    principal: Principal,
    described: dict[str, Any],
    arguments: dict[str, Any],
    retry: dict[str, Any],
    answers: Sequence[Any] = (),
) -> dict[str, Any]:
    """Call the tool, and return context for the template: the outcome, and forms for the tool's questions.

    `retry` holds the state and the answers to a call that asked, `answers` all answers so far, for the command line.
    """
    name, messages, started = described["name"], list[dict[str, Any]](), time.monotonic()
    command = command_line(name, arguments, principal, list(answers))
    outcome = Outcome(messages=messages, command=command)
    params = {"name": name, "arguments": arguments, **retry}
    try:
        outcome.result = local.send_request(
            principal, "tools/call", params, capabilities=CAPABILITIES, on_message=messages.append
        )
    except (McpError, InsufficientScope) as error:
        outcome.refusal = str(error)
    outcome.milliseconds = int((time.monotonic() - started) * 1000)
    page: dict[str, Any] = {"outcome": outcome, "app": shown_app(described, arguments, outcome.result)}
    if outcome.questions:
        page |= question_forms(outcome.questions, outcome.result["requestState"], arguments, answers, None)
    return page


def question_forms(
    questions: dict[str, Any],
    state: str,
    arguments: dict[str, Any],
    answers: Sequence[Any],
    data: QueryDict | None,
) -> dict[str, Any]:
    """Return forms for `questions`, bound to `data`, and hidden values that come back with the answers."""
    forms = [
        {
            "message": question["params"]["message"],
            "url": question["params"].get("url", ""),
            "form": SchemaForm(question_schema(question), data, prefix=f"answer-{number}"),
        }
        for number, question in enumerate(questions.values())
    ]
    return {
        "questions": forms,
        "is_confirmation": is_confirmation(questions),
        "request_state": state,
        "hidden": {
            "arguments": json.dumps(arguments),
            "questions": signing.dumps(questions, salt=SALT),
            "answers": json.dumps({"answers": list(answers)}),
        },
    }


def is_confirmation(questions: dict[str, Any]) -> bool:
    """Return whether `questions` is a single one by `context.confirm`: the page shows two buttons instead of a form."""
    return [each["params"].get("requestedSchema") for each in questions.values()] == [CONFIRMATION]


def question_schema(question: dict[str, Any]) -> dict[str, Any]:
    """The schema of the question's form; that of a confirmation without a default, so that the person must choose."""
    schema: dict[str, Any] = question["params"].get("requestedSchema", {})
    if schema != CONFIRMATION:
        return schema
    properties = {"confirmed": {"type": "boolean", "title": _("Your answer")}}
    return {**schema, "properties": properties, "required": ["confirmed"]}


def answer(request: HttpRequest, principal: Principal, described: dict[str, Any]) -> dict[str, Any]:
    """Continue a call with the answers in the request.

    The state is sealed, and the questions are signed, as forms are made of their schemas. All else is validated again.
    """
    arguments, questions = hidden_value(request, "arguments"), signed_questions(request)
    decision = request.POST.get("decision", "accept")
    try:
        state, answers = request.POST["request_state"], earlier_answers(request)
        page = question_forms(questions, state, arguments, answers, request.POST)
        forms = [each["form"] for each in page["questions"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise SuspiciousOperation("This form was not issued by this server.") from error
    form = SchemaForm(described["inputSchema"], initial=arguments, prefix="argument")
    if page["is_confirmation"] and decision in CONFIRMATION_BUTTONS:
        content = {"confirmed": CONFIRMATION_BUTTONS[decision]}
        responses = {key: {"action": "accept", "content": content} for key in questions}
        return {"form": form, **call_again(request, principal, described, arguments, responses)}
    # All forms, so that the page shows all errors.
    valid = [each.is_valid() for each in forms]
    if decision == "accept" and not all(valid):
        return page | {"form": form}
    contents = [{"content": each.values} if decision == "accept" else {} for each in forms]
    responses = {key: {"action": decision, **content} for key, content in zip(questions, contents, strict=True)}
    return {"form": form, **call_again(request, principal, described, arguments, responses)}


def call_again(
    request: HttpRequest,
    principal: Principal,
    described: dict[str, Any],
    arguments: dict[str, Any],
    responses: dict[str, Any],
) -> dict[str, Any]:
    """Call the tool again with `responses` to its questions."""
    retry = {"requestState": request.POST["request_state"], "inputResponses": responses}
    answers = [*earlier_answers(request), *map(command_answer, responses.values())]
    return call(principal, described, arguments, retry, answers)


def earlier_answers(request: HttpRequest) -> list[Any]:
    """The answers to earlier questions of the call, for the command line alone."""
    answers = hidden_value(request, "answers").get("answers")
    if not isinstance(answers, list):
        raise SuspiciousOperation("answers is not a list.")
    return answers


def signed_questions(request: HttpRequest) -> dict[str, Any]:
    """The questions that this page asked. Raises SuspiciousOperation for any others."""
    try:
        return dict(signing.loads(request.POST.get("questions", ""), salt=SALT))
    except signing.BadSignature as error:
        raise SuspiciousOperation("The questions were not asked by this server.") from error


def hidden_value(request: HttpRequest, name: str) -> dict[str, Any]:
    """The JSON object in the hidden field `name`. Raises SuspiciousOperation."""
    try:
        value = read_json(request.POST.get(name, "").encode())
    except (ValueError, RecursionError) as error:
        raise SuspiciousOperation(f"{name} is not JSON.") from error
    if not isinstance(value, dict):
        raise SuspiciousOperation(f"{name} is not a JSON object.")
    return value

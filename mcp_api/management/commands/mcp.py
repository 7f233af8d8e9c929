"""`manage.py mcp`: list and call tools, read resources and get prompts, without a client."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from jsonschema import Draft202012Validator

from accounts import scopes
from accounts.resource_server.bearer import Principal
from accounts.user_model import User
from accounts.user_model.fields import USERNAME
from mcp_api import local
from mcp_api.errors import AuthorError, InsufficientScope, McpError, MissingCapability
from mcp_api.input_requests import questions
from mcp_api.policy import rules as policy
from mcp_api.registry import tools as registry
from mcp_api.toolsets.enabled import EnabledToolset

MOST_ROUNDS = 20
HOW_TO_ANSWER = "Pass an answer: --answer '{\"…\": …}', true or false to confirm, null to decline."


class Command(BaseCommand):
    help = "List this server's tools, or call one as a person. All access rules apply, and the audit log has the call."

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="tools | call | read | prompt")
        tools = subparsers.add_parser("tools", help="list the tools that a person may use, or all of them")
        call = subparsers.add_parser("call", help="call a tool and print what a client would see")
        read = subparsers.add_parser("read", help="read a resource")
        prompt = subparsers.add_parser("prompt", help="get a prompt")
        call.add_argument("name")
        prompt.add_argument("name")
        read.add_argument("uri")
        for command in (call, prompt):
            command.add_argument("arguments", nargs="*", metavar="NAME=VALUE")
        call.add_argument("--json", metavar="OBJECT", help="the arguments as a JSON object")
        call.add_argument(
            "--answer",
            action="append",
            metavar="OBJECT",
            help="the answer to a question of the tool: a JSON object, true or false to confirm, null to decline",
        )
        tools.add_argument("--user", metavar="USERNAME", help="the person who calls")
        for command in (tools, call, read, prompt):
            command.add_argument("--toolset", default="", metavar="NAME", help="at the endpoint of this toolset")
        for command in (call, read, prompt):
            command.add_argument("--user", required=True, metavar="USERNAME", help="the person who calls")
            command.add_argument("--scopes", help="the scopes of the call, separated by commas; all by default")

    def handle(self, *args: Any, subcommand: str, **options: Any) -> None:
        try:
            getattr(self, subcommand)(**options)
        except MissingCapability as error:
            hint = f" {HOW_TO_ANSWER}" if "elicitation" in error.needed else ""
            raise CommandError(f"Refused: {error}{hint}") from error
        except (McpError, InsufficientScope) as error:
            raise CommandError(f"Refused: {error}") from error
        except AuthorError as error:
            raise CommandError(f"Failed: {error}") from error

    # --- Subcommands ---------------------------------------------------------------------------

    def tools(self, *, user: str | None, toolset: str, **options: Any) -> None:
        names = names_in(toolset) if user is None else set(self.available(principal_of(user, None, toolset)))
        for tool in sorted(registry.tools.values(), key=lambda tool: tool.name):
            if names is None or tool.name in names:
                required = [*tool.scopes, *tool.permissions]
                effect = scopes.DOES_IN_WORDS[tool.effect]
                self.stdout.write(f"{self.style.SUCCESS(tool.name)}  ({effect}; requires {', '.join(required)})")
                self.stdout.write(f"    {str(tool.description).partition(chr(10))[0]}")

    def available(self, principal: Principal) -> Iterator[str]:
        page: dict[str, Any] = {}
        while True:
            listed = local.send_request(principal, "tools/list", page)
            yield from (tool["name"] for tool in listed["tools"])
            if "nextCursor" not in listed:
                return
            page = {"cursor": listed["nextCursor"]}

    def call(self, *, name: str, answer: list[str] | None, **options: Any) -> None:
        principal = principal_of(options["user"], options["scopes"], options["toolset"])
        tool = registry.find(name)
        schema = tool.arguments.json_schema() if tool is not None else {}
        arguments = arguments_of(options["arguments"], schema) | parsed(options["json"] or "{}", "--json")
        answers = None if answer is None else [parsed(each, "--answer") for each in answer]
        result = self.call_with_answers(principal, {"name": name, "arguments": arguments}, answers)
        self.show(result)
        if result.get("isError"):
            raise CommandError("The tool failed.")

    def call_with_answers(
        self, principal: Principal, params: dict[str, Any], answers: list[Any] | None
    ) -> dict[str, Any]:
        """Return the result of a tool, whose questions are answered in order."""
        capabilities: dict[str, Any] = {} if answers is None else {"elicitation": {"form": {}, "url": {}}}
        left = list(answers or ())
        retry: dict[str, Any] = {}
        for _ in range(MOST_ROUNDS):
            result = local.send_request(
                principal, "tools/call", {**params, **retry}, capabilities=capabilities, on_message=self.print_message
            )
            if result.get("resultType") != "input_required":
                return result
            responses = {}
            for key, question in result["inputRequests"].items():
                self.stderr.write(f"The tool asks: {question['params'].get('message', question['method'])}")
                if not left:
                    raise CommandError(HOW_TO_ANSWER)
                responses[key] = questions.answered(question, left.pop(0))
            retry = {"requestState": result["requestState"], "inputResponses": responses}
        raise CommandError(f"The tool still asks after {MOST_ROUNDS} rounds.")

    def read(self, *, uri: str, **options: Any) -> None:
        self.send("resources/read", {"uri": uri}, **options)

    def prompt(self, *, name: str, arguments: list[str], **options: Any) -> None:
        self.send("prompts/get", {"name": name, "arguments": pairs(arguments)}, **options)

    def send(self, method: str, params: dict[str, Any], **options: Any) -> None:
        """Send a request of the person in `options`, and print its result."""
        principal = principal_of(options["user"], options["scopes"], options["toolset"])
        self.show(local.send_request(principal, method, params, on_message=self.print_message))

    # --- Output --------------------------------------------------------------------------------

    def show(self, result: dict[str, Any]) -> None:
        shown = {name: value for name, value in result.items() if name not in ("_meta", "resultType")}
        self.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False))

    def print_message(self, message: dict[str, Any]) -> None:
        """Print a message that is sent before the result, to standard error."""
        self.stderr.write(json.dumps(message["params"], ensure_ascii=False))


def names_in(toolset: str) -> set[str] | None:
    """Return the names of the tools in a toolset; None for all."""
    if not toolset:
        return None
    return {tool.name for tool in registry.tools.values() if known_toolset(toolset).includes(tool)}


def known_toolset(name: str) -> EnabledToolset:
    toolsets = policy.toolsets()
    if name not in toolsets:
        known = f" There are {', '.join(sorted(toolsets))}." if toolsets else ""
        raise CommandError(f"There is no toolset {name!r} that is switched on.{known}")
    return toolsets[name]


def principal_of(username: str, granted: str | None, toolset: str = "") -> Principal:
    user = User._default_manager.filter(**{USERNAME: username}, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active person with the username {username!r}.")
    known = scopes.names(of_resource_only=True)
    names = known if granted is None else [name.strip() for name in granted.split(",") if name.strip()]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise CommandError(f"Unknown scope: {', '.join(unknown)}. The scopes are {', '.join(known)}.")
    endpoint = known_toolset(toolset).name if toolset else ""
    return local.principal_of(user, local.COMMAND_LINE, names, endpoint)


def pairs(arguments: list[str]) -> dict[str, str]:
    wrong = [argument for argument in arguments if "=" not in argument]
    if wrong:
        raise CommandError(f"Write an argument as NAME=VALUE, not {wrong[0]!r}.")
    return {name: value for name, _, value in (argument.partition("=") for argument in arguments)}


def arguments_of(arguments: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of NAME=VALUE. A value is text if the tool's schema allows it, otherwise JSON."""
    properties = schema.get("properties", {})
    return {name: value_of(value, properties.get(name, {}), schema) for name, value in pairs(arguments).items()}


def value_of(text: str, described: dict[str, Any], schema: dict[str, Any]) -> Any:
    validator = Draft202012Validator({**described, "$defs": schema.get("$defs", {})})
    if validator.is_valid(text):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def parsed(text: str, option: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{option} is not valid JSON: {error}.") from error
    if not isinstance(value, dict) and not (option == "--answer" and (value is None or isinstance(value, bool))):
        raise CommandError(f"{option} must be a JSON object.")
    return value

"""docs/tasks.md names what the code has: options, members, states, limits."""

import json
from datetime import timedelta
from typing import get_args

import pytest
from django.core.management import load_command_class

from mcp_api.extensions.tasks import extension, running, store, wire, worker
from tests.manual.pages import blocks_of, rows_of, text_of

pytestmark = pytest.mark.any_database

PAGE = "tasks.md"


def test_each_code_block_is_compared_or_run() -> None:
    assert [block.language for block in blocks_of(PAGE)] == ["python", "python", "json", "sh", "sh"]


def test_state_of_a_task_is_one_that_its_model_accepts() -> None:
    [state] = [json.loads(block.code) for block in blocks_of(PAGE) if block.language == "json"]
    assert set(wire.DetailedTask.model_validate(state).model_dump(by_alias=True, exclude_none=True)) == set(state)
    assert state["pollIntervalMs"] == wire.POLL_MS


def test_each_status_is_explained() -> None:
    assert set(rows_of(PAGE, "What a client sees", "`status`")) == set(get_args(wire.Status))


def test_each_method_is_named() -> None:
    named = {row.split("`")[0] for row in rows_of(PAGE, "What a client sees", "request")}
    assert set(extension.Tasks.methods) <= named


def test_options_of_run_tasks_are_named() -> None:
    parser = load_command_class("mcp_api", "run_tasks").create_parser("manage.py", "run_tasks")
    [command] = [block.code for block in blocks_of(PAGE) if "run_tasks" in block.code]
    words = command.split()
    own = {"--threads", "--graceful"}
    assert own == {word for word in words if word.startswith("--")}
    assert own <= {option for action in parser._actions for option in action.option_strings}
    parser.parse_args(words[words.index("run_tasks") + 1 :])


def test_limits_are_those_of_the_code() -> None:
    text = " ".join(text_of(PAGE).split())
    lease = f"{store.LEASE // timedelta(seconds=1)} seconds"
    assert f"One that did not for {lease} counts as killed" in text
    assert f"up to {store.MOST_RUNS} times in all" in text
    assert store.LOST in text
    assert worker.WATCH_SECONDS == 1
    limits = rows_of(PAGE, "Limits", "limit")
    assert limits["ended tasks of a person"].startswith(f"{store.MOST_KEPT};")
    assert limits["rounds of questions of a task"] == str(running.MOST_ROUNDS)
    assert limits["tasks that one `subscriptions/listen` watches"] == str(extension.MOST_WATCHED)

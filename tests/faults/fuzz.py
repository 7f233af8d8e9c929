"""Requests that Hypothesis generates, at every path of the URL table (tests/fuzz/)."""

import os
import re
import subprocess
import sys

from tests.faults.report import Report
from tests.support.servers.python_process import PROJECT

# Of the tests that draw, and what each sends for one example.
TESTS, EACH = 13, 1.7


def fuzzed(requests: int) -> Report:
    """About so many requests, each time others. An answer of 5xx fails the test, with what was sent."""
    report = Report(f"About {requests} requests that nobody should send")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--tb=short", "--log-level=CRITICAL", "tests/fuzz"]
    env = {**os.environ, "FUZZ_EXAMPLES": str(max(1, round(requests / TESTS / EACH)))}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, check=False)
    printed = done.stdout.decode(errors="replace")
    tally = re.search(r"(\d+) requests: (\{.*\})", printed)
    report.figures = {"sent": tally[1], "answers, by status": tally[2]} if tally else {}
    report.must(tally is not None, "it is known how many were sent")
    report.must(done.returncode == 0, f"no answer is a defect:\n{printed[-5000:]}")
    return report

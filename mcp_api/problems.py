"""What is wrong with what a client sent, in words that it can act on."""

from pydantic import ValidationError

MOST_PROBLEMS_TOLD = 5


def explain(error: ValidationError, whole: str = "arguments") -> str:
    """A line for each problem, in the client's own names; `whole` names what was checked."""
    problems = error.errors(include_url=False, include_input=False)
    lines = [f"{'.'.join(map(str, problem['loc'])) or whole}: {problem['msg']}" for problem in problems]
    return "\n".join(lines[:MOST_PROBLEMS_TOLD])

"""axe-core, run in a page: what hinders people who use a screen reader, the keyboard or a high contrast."""

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parent / "node"


@cache
def source() -> str:
    return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text()


# Colours that a change of the scheme has moved are read in the middle of their transition otherwise.
AT_REST = """async () => {
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    document.getAnimations().forEach(animation => animation.finish());
}"""


# Only what is returned crosses to Python: all results of a page are many times as long.
RUN = """async () => (await axe.run({resultTypes: ["violations"]})).violations.flatMap(violation => violation.nodes.map(
    node => `${violation.id}: ${node.html.slice(0, 200)} ${(node.failureSummary ?? "").slice(0, 300)}`))
"""


def findings(page: Page) -> list[str]:
    """Return what axe-core finds, as lines: the rule, an element, and its explanation."""
    page.wait_for_load_state()
    page.evaluate(AT_REST)
    if page.evaluate("typeof axe") == "undefined":
        # The browser evaluates it itself, so that the page's Content-Security-Policy need not allow it.
        page.evaluate(source())
    lines: list[str] = page.evaluate(RUN)
    return lines

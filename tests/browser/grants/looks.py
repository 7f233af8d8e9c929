"""Faults of a page: findings of axe-core, and text beyond the window or the card that it stands in."""

from playwright.sync_api import Page

from tests.browser.accessibility import findings
from tests.browser.pages import TOO_WIDE

# Text nearer than this to the edge of the window where its lines end, in pixels; what only screen readers see is left
# out.
LEAST_MARGIN = 8
TOUCHING = f"""() => [...document.querySelectorAll("#content *, .card *")].filter(element =>
    !element.closest(".unseen, .messagelist") && getComputedStyle(element).clipPath === "none" &&
    [...element.childNodes].some(node => {{
        if (node.nodeType !== Node.TEXT_NODE || !node.textContent.trim()) return false;
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()].some(box => box.width > 1 && (document.dir === "rtl" ?
            box.left < {LEAST_MARGIN} : box.right > innerWidth - {LEAST_MARGIN}));
    }})).map(element => "at the edge: " + element.outerHTML.slice(0, 120))
"""
# A scrolled part of a page hides what it is about.
HIDDEN = """() => [...document.querySelectorAll("#content *, .card *")].filter(element =>
    element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX) &&
    !/TEXTAREA|SELECT|INPUT/.test(element.tagName)).map(element => "scrolls: " + element.outerHTML.slice(0, 120))
"""


def faults(page: Page) -> list[str]:
    """Return what axe-core finds, and what does not fit."""
    found = findings(page)
    for script in (TOO_WIDE, TOUCHING, HIDDEN):
        found += page.evaluate(script)
    return found

"""A person without a mouse: the stops of the Tab key on a page, and what each of them shows."""

from dataclasses import dataclass

from playwright.sync_api import Page

MOST_STOPS = 400
# The element with the keyboard, and whether it or what stands around it looks different while it has it.
STOP = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const looks = () => [element, element.closest(".select2-selection") ?? element].map(each => {
        const style = getComputedStyle(each);
        return (style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor) + style.boxShadow;
    }).join();
    window.stops ??= [];
    const before = window.stops.at(-1);
    // A date has several stops of its own. Without focus for a moment, it would start again with the first of them.
    if (before === element) return {html: element.tagName, is_seen: true, follows: true, is_again: false};
    const focused = looks();
    element.blur();
    const is_seen = looks() !== focused;
    element.focus();
    const place = before ? before.compareDocumentPosition(element) : null;
    const follows = place === null || !!(place & Node.DOCUMENT_POSITION_FOLLOWING);
    const is_again = window.stops.length > 1 && window.stops[0] === element;
    window.stops.push(element);
    return {html: element.outerHTML.slice(0, 120), is_seen, follows, is_again};
}"""
# What a person may use, and the Tab key should reach; of radio buttons, one of each group is a stop.
USABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(element =>
    element.checkVisibility({checkVisibilityCSS: true, checkOpacity: false}) && !element.disabled &&
    element.type !== "hidden" && element.tabIndex >= 0 && !(element.type === "radio" && !element.checked) &&
    !element.closest(".select2-hidden-accessible") && !window.stops.includes(element))
    .map(element => element.outerHTML.slice(0, 120))
"""


@dataclass(frozen=True)
class Stop:
    """A stop: `is_seen` if it shows that it has the keyboard, `follows` if it comes after the one before."""

    html: str
    is_seen: bool
    follows: bool
    is_again: bool


def faults(page: Page) -> list[str]:
    """Go through the page by Tab, and return what hinders: focus out of sight, another order, a trap, omissions."""
    page.wait_for_load_state("networkidle")
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        state = page.evaluate(STOP)
        stop = Stop(**state) if state else None
        if stop is None or stop.is_again:
            break
        if not stop.is_seen:
            found.append(f"no focus in sight: {stop.html}")
        if not stop.follows:
            found.append(f"out of order: {stop.html}")
    else:
        found.append("no end")
    return [*found, *(f"not reached: {html}" for html in page.evaluate(USABLE))]


def tab_to(page: Page, selector: str, *, backwards: bool = False) -> None:
    """Move to the first element of `selector` by Tab alone. Raises AssertionError if Tab never gets there."""
    for _ in range(MOST_STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"Tab does not reach {selector}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    """Move to the first element of `selector` by Tab, and press `key`."""
    tab_to(page, selector)
    page.keyboard.press(key)

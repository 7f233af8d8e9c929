"""Style sheets: each colour stands once, and text can be read on each of its backgrounds, in light and in dark."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "accounts" / "static" / "oauth_mcp"
# A QR code is read on white, whatever the scheme.
OF_QR_CODES = "background: #fff"
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\);")
TEXT, MARK = 4.5, 3
PAIRS = {
    **{(text, behind): TEXT for text in ("text", "muted", "accent") for behind in ("page", "card", "quiet", "info")},
    **{(text, behind): TEXT for text in ("bad", "on-error") for behind in ("page", "card")},
    **{("text", behind): TEXT for behind in ("ok", "warn", "error", "line")},
    **{("accent", "line"): TEXT, ("accent-deep", "card"): TEXT, ("accent-deep", "quiet"): TEXT},
    **{("on-accent", behind): TEXT for behind in ("accent", "accent-deep", "bad", "on-error")},
    **{("on-info", "info"): TEXT, ("on-warn", "warn"): TEXT, ("on-error", "error"): TEXT, ("on-ok", "card"): TEXT},
    **{(mark, behind): MARK for mark in ("edge", "warn-line", "on-ok", "bad") for behind in ("page", "card")},
}


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in TOKEN.findall((FOLDER / "tokens.css").read_text())}


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("sheet", sorted(path.name for path in FOLDER.glob("*.css") if path.name != "tokens.css"))
def test_colours_stand_only_among_the_tokens(sheet: str) -> None:
    rules = (FOLDER / sheet).read_text().replace(OF_QR_CODES, "")
    assert re.findall(r":[^;{}]*(#[0-9a-fA-F]{3,8})\b[^{}]*[;}]", rules) == []


def test_style_sheets_use_only_tokens_that_exist() -> None:
    sheets = "".join(path.read_text() for path in FOLDER.glob("*.css"))
    used, declared = set(re.findall(r"var\(--([\w-]+)\)", sheets)), set(re.findall(r"--([\w-]+):", sheets))
    assert used <= declared


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("pair", "least"), PAIRS.items(), ids=lambda value: "-on-".join(value) if isinstance(value, tuple) else ""
)
def test_colours_differ_enough(pair: tuple[str, str], least: float, scheme: int) -> None:
    colours = tokens()
    assert contrast(colours[pair[0]][scheme], colours[pair[1]][scheme]) >= least

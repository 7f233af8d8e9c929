"""Style sheets name no left or right side, so that pages in Arabic are mirrored."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
SHEETS = sorted(path for app in ("accounts", "mcp_api") for path in (PROJECT / app / "static").rglob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SIDE = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|left|right)\s*:"
    r"|border-(?:top|bottom)-(?:left|right)-radius\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
# Top, right, bottom, left.
FOUR_VALUES = re.compile(
    r"(?<![-\w])(?:margin|padding|inset|border-width):\s*([^\s;}]+) ([^\s;}]+) ([^\s;}]+) ([^\s;}]+)\s*[;}]"
)

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_style_sheet_names_no_side(sheet: Path) -> None:
    css = COMMENT.sub("", sheet.read_text())
    assert SIDE.findall(css) == []
    assert [values for values in FOUR_VALUES.findall(css) if values[1] != values[3]] == []

"""Figures as a table, as they come, each ratio held against its bar."""


class Table:
    """`missed` counts the bars that were not reached."""

    def __init__(self) -> None:
        self.missed = 0

    def title(self, *columns: str) -> None:
        print()
        self.row(*columns)
        print("|" + "---|" * len(columns), flush=True)

    def row(self, *cells: str) -> None:
        print("| " + " | ".join(cells) + " |", flush=True)

    def ratio(
        self, what: str, figure: str, ratio: float, bar: float | None, *further: str, at_most: bool = False
    ) -> None:
        self.row(what, figure, *further, *self._held(ratio, bar, at_most))

    def ratios(self, what: str, *each: tuple[str, float, float | None]) -> None:
        """A row of several figures, each with its ratio and the most that it may be."""
        cells = [cell for figure, ratio, bar in each for cell in (figure, *self._held(ratio, bar, at_most=True))]
        self.row(what, *cells)

    def _held(self, ratio: float, bar: float | None, at_most: bool) -> tuple[str, str]:
        reached = bar is None or (ratio <= bar if at_most else ratio >= bar)
        self.missed += not reached
        limit = "" if bar is None else f"{'at most' if at_most else 'at least'} {bar:g}"
        return f"{ratio:.2f}" if reached else f"**{ratio:.2f}**", limit

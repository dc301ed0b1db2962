"""What a benchmark run found: figures, their goals, one table, one JSON file."""

import dataclasses
import json
import statistics


@dataclasses.dataclass(frozen=True)
class Bound:
    """A goal or an ambition: the value may be at most, or has to be at least, so much."""

    word: str
    limit: float

    def holds(self, value):
        return value <= self.limit if self.word == "at most" else value >= self.limit

    def __str__(self):
        return ("<= " if self.word == "at most" else ">= ") + number(self.limit)


def at_most(limit):
    return Bound("at most", limit)


def at_least(limit):
    return Bound("at least", limit)


@dataclasses.dataclass
class Figure:
    """One line of the table. `values` holds one value for each run; what counts is their median. A figure without a goal
    stands beside another one: a peer, a raw loop, a size. `note` says in a few words what a reader has to know."""

    name: str
    unit: str
    values: list
    goal: Bound | None = None
    ambition: Bound | None = None
    note: str = ""

    @classmethod
    def unmeasured(cls, name, why):
        """A figure that could not be taken: it counts as missed."""
        return cls(name, "", [], None, None, "not measured: " + why[:120])

    @property
    def value(self):
        return statistics.median(self.values) if self.values else None

    @property
    def verdict(self):
        if not self.values:
            return "missed"
        if self.ambition and self.ambition.holds(self.value):
            return "met, ambition too"
        if self.goal:
            return "met" if self.goal.holds(self.value) else "missed"
        return ""

    def document(self):
        return {
            "figure": self.name, "unit": self.unit, "value": self.value,
            "min": min(self.values, default=None), "max": max(self.values, default=None), "runs": len(self.values),
            "goal": str(self.goal) if self.goal else None, "ambition": str(self.ambition) if self.ambition else None,
            "verdict": self.verdict or None, "note": self.note or None,
        }


def percentile(values, percent):
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def number(value):
    """Three digits that count, without an exponent."""
    if value is None:
        return ""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.6f}".rstrip("0")


HEAD = ["figure", "unit", "value", "min", "max", "runs", "goal", "ambition", "", "note"]


def row(figure):
    values = figure.values
    return [figure.name, figure.unit, number(figure.value), number(min(values, default=None)),
            number(max(values, default=None)), str(len(values)), str(figure.goal or ""), str(figure.ambition or ""),
            figure.verdict, figure.note]


def table(figures):
    rows = [HEAD] + [row(figure) for figure in figures]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    right = {2, 3, 4, 5, 6, 7}
    lines = []
    for cells in rows:
        parts = [cell.rjust(width) if column in right else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(cells, widths))]
        lines.append("  ".join(parts).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def write_json(path, facts, figures):
    document = {"facts": facts, "figures": [figure.document() for figure in figures]}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")

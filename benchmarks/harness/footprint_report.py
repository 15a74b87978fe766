"""The footprint as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.limits import LIMITS, Footprint, Limit, Parts


def as_json(footprint: Footprint) -> dict[str, Any]:
    """Every value with its bound, and the tables that say more."""
    return {
        "values": {
            name: {"value": round(footprint.values[name], 4), "bound": limit.bound, "unit": limit.unit}
            for name, limit in LIMITS.items()
        },
        "details": {
            title: {name: round(value, 4) for name, value in parts.items()}
            for title, parts in footprint.details.items()
        },
    }


def as_markdown(footprint: Footprint) -> str:
    """A table of the bounds, and one for each detail."""
    verdicts = zip(LIMITS.values(), footprint.verdicts(), strict=True)
    rows = [_row(limit, verdict.value, is_met=verdict.is_met) for limit, verdict in verdicts]
    bounds = _table(("", "now", "at most", "met", "how it was measured"), rows)
    details = [f"### {title}\n\n{_details(parts)}" for title, parts in footprint.details.items()]
    return "\n\n".join(["## Footprint", bounds, *details])


def _row(limit: Limit, value: float, *, is_met: bool) -> list[str]:
    bound = f"{limit.bound:g} {limit.unit}{' (our own bound)' if limit.is_own else ''}"
    return [limit.title, f"{value:.3g} {limit.unit}", bound, "yes" if is_met else "**no**", f"{limit.how}."]


def _details(parts: Parts) -> str:
    return _table(("", ""), [[name, f"{value:.3g}"] for name, value in parts.items()])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", "---:", *("---" for _ in heads[2:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

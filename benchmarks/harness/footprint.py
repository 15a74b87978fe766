"""Measures what `limits` names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

from harness.data import Data
from harness.limits import LIMITS, Footprint, Parts, growth, medians, memory_above, ratio_of_turns
from harness.linear import linear_cost
from harness.loose_rows import time_of_loose_rows
from harness.programs import answer_of, time_to_answer
from harness.server import Server
from harness.workloads import LONG, SHORT
from steps import step

_REPETITIONS: Final = 5
_STARTS: Final = 15
_SHAPES: Final = {"shapes": 10_000, "times": 10, "every": 2_000}
_BLOCKS: Final = "blocked_"

Measured = tuple[Parts, Mapping[str, Parts]]


async def measure_footprint(server: Server, data: Data, *, loop: str) -> Footprint:
    """Measure everything, one program at a time."""
    url, short, long = server.url, data.permanent[SHORT], data.permanent[LONG]
    values: Parts = {}
    details: dict[str, Parts] = {}
    measures: dict[str, Callable[[], Measured]] = {
        "cold start": lambda: _cold_start(url, short),
        "import": _import,
        "first use of a shape": lambda: _first_use(url, short, loop),
        "memory": lambda: _memory(url, short),
        "event loop": lambda: _blocks(url, long, loop),
        "memory over many shapes": lambda: _flatness(url, loop),
    }
    for name, measure in measures.items():
        with step(f"footprint: {name}"):
            found, more = measure()
            values |= found
            details |= more
    await data.remove_fresh()
    with step("footprint: rows with gaps"):
        values["loose_rows"] = await time_of_loose_rows(server, loop=loop)
    with step("footprint: linear cost"):
        found, rows = await linear_cost(server, data, loop=loop)
    return Footprint(values | found, details | {"Time of a message, \N{MICRO SIGN}s": rows})


def _cold_start(url: str, session: str) -> Measured:
    ours, bare, parts = [], [], []
    for number in range(_STARTS + 1):
        times = (
            time_to_answer("start_ours", url, session),
            time_to_answer("start_bare", url, session),
            answer_of("start_parts", str(time.monotonic_ns()), url, session),
        )
        if number:  # the first ones compile the bytecode
            ours.append(times[0])
            bare.append(times[1])
            parts.append(times[2])
    details = {
        "this project, to the first answer": median(ours) * 1e3,
        "bare asyncpg and the generated client": median(bare) * 1e3,
    }
    return {"cold_start": ratio_of_turns(ours, bare)}, {
        "Cold start, ms": details,
        "Parts of a start, one after the other, ms": medians(parts),
    }


def _import() -> Measured:
    times: list[float] = [answer_of("import_database") for _ in range(_STARTS + 1)]
    return {"import_database": median(times[1:])}, {}  # the first one compiles the bytecode


def _first_use(url: str, session: str, loop: str) -> Measured:
    options = json.dumps({"loop": loop, "url": url, "session": session})
    return {"first_use": median(answer_of("first_use", options) for _ in range(_REPETITIONS))}, {}


def _memory(url: str, session: str) -> Measured:
    connecting_to = json.dumps({"loop": "asyncio", "url": url})
    options = json.dumps({"loop": "asyncio", "url": url, "session": session})
    importing, connected, working = [], [], []
    for _ in range(_REPETITIONS):
        importing.append(answer_of("memory_of_imports"))
        connected.append(answer_of("memory_connected", connecting_to))
        working.append(answer_of("memory_at_work", options))
    above = memory_above(working, importing)
    return {"memory": above["now"], "memory_connected": median(sample["now"] for sample in connected) / 1e6}, {
        "Memory, MB": {
            "asyncpg and the generated client imported": median(sample["now"] for sample in importing) / 1e6,
            "above that, after each workload": above["now"],
            "above that, at the peak": above["peak"],
        }
    }


def _flatness(url: str, loop: str) -> Measured:
    samples = answer_of("flatness", json.dumps({"loop": loop, "url": url, **_SHAPES}))["resident"]
    shown = {f"after {(number + 1) * _SHAPES['every']:,} shapes": sample / 1e6 for number, sample in enumerate(samples)}
    return {"flatness": growth(samples)}, {"Memory over many shapes, MB": shown}


def _blocks(url: str, session: str, loop: str) -> Measured:
    options = json.dumps({"loop": loop, "url": url, "session": session})
    found: list[dict[str, Any]] = [answer_of("blocks", options) for _ in range(_REPETITIONS)]
    typical = {name: medians([sample[name] for sample in found]) for name in found[0]}
    gaps = {f"{_BLOCKS}{name}": parts["gap"] for name, parts in typical.items()}
    details = {
        f"Event loop blocked: {title}, ms": {name: parts[part] for name, parts in typical.items()}
        for part, title in (
            ("computing", "of the longest gap, its thread computed"),
            ("with collection", "the longest gap with Python's garbage collection"),
        )
    }
    return {name: gap for name, gap in gaps.items() if name in LIMITS}, details

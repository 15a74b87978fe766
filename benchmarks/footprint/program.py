"""What makes a measurement a program: its options come as one JSON argument, its answer goes out as one JSON line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any


def main(work: Callable[..., Awaitable[Any]]) -> None:
    """Run a program; its option `loop` chooses the event loop."""
    options = json.loads(sys.argv[1])
    run: Callable[[Any], Any] = asyncio.run
    if options.pop("loop") == "uvloop":
        import uvloop

        run = uvloop.run
    print(json.dumps(run(work(**options))), flush=True)

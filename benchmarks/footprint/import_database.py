"""What importing the module takes, in a process that has imported nothing of it yet. Units: seconds."""

from __future__ import annotations

import json
import time

_BEGAN = time.perf_counter()

import database  # noqa: E402, F401  # timed

if __name__ == "__main__":
    print(json.dumps(time.perf_counter() - _BEGAN))

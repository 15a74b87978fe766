"""The memory of this process that is in RAM, as Linux counts it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")


def resident() -> dict[str, int]:
    """What is resident now, and the most that ever was. Units: bytes. Source: proc(5), VmRSS and VmHWM."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return {name: int(lines[key].split()[0]) * 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}

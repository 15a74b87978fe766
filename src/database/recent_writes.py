"""Which sessions were just written, and are read from the primary because a replica may not have them yet."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import Final

__all__ = ["RecentWrites"]

_LAG: Final = 10.0  # seconds; a replica that is further behind is in trouble


class RecentWrites:
    """The sessions that this process has written within the last seconds."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()  # in the order in which they are forgotten

    def __contains__(self, session_id: str) -> bool:
        return self._until.get(session_id, 0.0) > monotonic()

    def add(self, session_id: str) -> None:
        """Remember a session, and forget those whose time is over."""
        now = monotonic()
        self._until[session_id] = now + _LAG
        self._until.move_to_end(session_id)
        while next(iter(self._until.values())) < now:
            self._until.popitem(last=False)

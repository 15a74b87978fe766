"""What was made of query plans, by the text of the request: the least recently used make room."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final

__all__ = ["PLAN_CACHE_SIZE", "PlanCache"]

PLAN_CACHE_SIZE: Final = 1000
"""How many shapes of calls keep their plan."""


class PlanCache:
    """Shared by the event loops of a client and the thread that compiles."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._plans)

    def get(self, text: str) -> Any:
        """The plan of a request, or None."""
        with self._lock:
            plan = self._plans.get(text)
            if plan is not None:
                self._plans.move_to_end(text)
            return plan

    def put(self, text: str, plan: Any) -> None:
        """Keep a plan."""
        with self._lock:
            self._plans[text] = plan
            if len(self._plans) > PLAN_CACHE_SIZE:
                self._plans.popitem(last=False)

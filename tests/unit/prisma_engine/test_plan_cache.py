"""Which plans are kept."""

from __future__ import annotations

from prisma_engine.plan_cache import PLAN_CACHE_SIZE, PlanCache


def test_the_least_recently_used_plan_makes_room() -> None:
    plans = PlanCache()
    for number in range(PLAN_CACHE_SIZE):
        plans.put(f"request {number}", number)
    assert plans.get("request 0") == 0  # in use again

    plans.put("one more", "plan")

    assert plans.get("request 1") is None
    assert [plans.get(text) for text in ("request 0", "request 2", "one more")] == [0, 2, "plan"]
    assert len(plans) == PLAN_CACHE_SIZE

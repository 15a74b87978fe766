"""Figures."""

from typing import Dict, List

from ..client import Prisma
from ..schemas import Workload


async def by_status(db: Prisma) -> Dict[str, int]:
    groups = await db.ticket.group_by(by=["status"], count=True, order={"status": "asc"})
    return {str(group["status"]): group["_count"]["_all"] for group in groups}


async def minutes(db: Prisma) -> Dict[str, float]:
    groups = await db.ticket.group_by(
        by=["priority"],
        sum={"minutes": True},
        avg={"minutes": True},
        having={"minutes": {"_sum": {"gt": 0}}},
        order={"priority": "asc"},
    )
    return {f"{group['priority']} {group['_sum']['minutes']}": group["_avg"]["minutes"] for group in groups}


async def workload(db: Prisma) -> List[Workload]:
    return await db.query_raw(
        """
        SELECT people.name, COUNT(*) FILTER (WHERE status <> 'SOLVED') AS open, SUM(minutes) AS minutes
        FROM tickets JOIN people ON people.id = tickets.assignee_id
        WHERE people.email LIKE $1
        GROUP BY people.name ORDER BY people.name
        """,
        "%@%",
        model=Workload,
    )


async def oldest(db: Prisma) -> str:
    row = await db.query_first("SELECT subject, created_at, views FROM tickets ORDER BY id LIMIT $1", 1)
    return f"{row['subject']} ({row['created_at']}, {row['views']})"


async def forget_views(db: Prisma) -> int:
    return await db.execute_raw("UPDATE tickets SET views = 0 WHERE views > $1", 0)

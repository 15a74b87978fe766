"""Tickets, their comments and attachments."""

from typing import List, Optional

from ..client import Prisma
from ..client.enums import TicketStatus
from ..client.errors import RecordNotFoundError
from ..client.fields import Base64, Json
from ..client.models import Comment, Ticket
from ..client.types import TicketWhereInput
from ..errors import HTTPError
from ..schemas import CommentIn, Page, TicketBrief, TicketIn

PAGE = 2


async def report(db: Prisma, reporter_id: str, body: TicketIn) -> Ticket:
    async with db.tx() as tx:
        try:
            ticket = await tx.ticket.create(
                data={
                    "subject": body.subject,
                    "body": body.body,
                    "priority": body.priority,
                    "reporter": {"connect": {"id": reporter_id}},
                    "labels": {
                        "connect_or_create": [
                            {"where": {"name": name}, "create": {"name": name}} for name in body.labels
                        ]
                    },
                },
                include={"labels": {"order_by": {"name": "asc"}}, "reporter": True},
            )
        except RecordNotFoundError as exc:
            raise HTTPError(404, "no such reporter") from exc
        await tx.auditentry.create(
            data={"action": "reported", "details": Json({"labels": body.labels}), "ticketId": ticket.id}
        )
    return ticket


async def comment(db: Prisma, ticket_id: int, author_id: str, body: CommentIn) -> Comment:
    stored = await db.comment.create(
        data={
            "text": body.text,
            "internal": body.internal,
            "authorId": author_id,
            "ticketId": ticket_id,
            "attachment": {
                "create": [{"name": name, "content": Base64.encode(content)} for name, content in body.files.items()]
            },
        },
        include={"attachment": {"order_by": {"name": "asc"}}},
    )
    await db.ticket.update(where={"id": ticket_id}, data={"views": {"increment": 1}})
    return stored


async def read_file(comment_id: str, name: str, db: Prisma) -> bytes:
    found = await db.attachment.find_unique(where={"file": {"commentId": comment_id, "name": name}})
    if found is None:
        raise HTTPError(404, f"no file {name}")
    return found.content.decode()


async def page(*, text: Optional[str] = None, label: Optional[str] = None, after: Optional[int] = None) -> Page:
    where: TicketWhereInput = {"NOT": [{"status": TicketStatus.SOLVED}]}
    if text is not None:
        where["OR"] = [
            {"subject": {"contains": text, "mode": "insensitive"}},
            {"comments": {"some": {"text": {"contains": text}, "internal": False}}},
        ]
    if label is not None:
        where["labels"] = {"some": {"name": label}}
    tickets = await Ticket.prisma().find_many(
        where=where,
        order=[{"priority": "desc"}, {"id": "asc"}],
        take=PAGE,
        skip=1 if after else 0,
        cursor={"id": after} if after else None,
        include={"labels": True, "reporter": {"include": {"organisation": True}}},
    )
    total = await Ticket.prisma().count(where=where)
    return Page(items=tickets, total=total, next=tickets[-1].id if len(tickets) == PAGE else None)


async def search(words: str) -> List[TicketBrief]:
    return await TicketBrief.prisma().find_many(
        where={"body": {"search": words}}, order={"id": "asc"}, include={"assignee": True}
    )


async def assign(db: Prisma, ticket_ids: List[int], assignee_id: str, team: str) -> int:
    """Assign several tickets in one go."""
    async with db.batch_() as batch:
        batch.ticket.update_many(
            where={"id": {"in": ticket_ids}, "status": TicketStatus.NEW}, data={"status": TicketStatus.OPEN}
        )
        for ticket_id in ticket_ids:
            batch.ticket.update(
                where={"id": ticket_id},
                data={"assignee": {"connect": {"id": assignee_id}}, "team": {"connect": {"name": team}}},
            )
            batch.auditentry.create(
                data={"action": "assigned", "details": Json({"to": assignee_id}), "ticketId": ticket_id}
            )
    return await db.ticket.count(where={"assigneeId": assignee_id})


async def solve(db: Prisma, ticket_id: int, minutes: int) -> Ticket:
    ticket = await db.ticket.update(
        where={"id": ticket_id},
        data={
            "status": TicketStatus.SOLVED,
            "minutes": {"increment": minutes},
            "labels": {"disconnect": [{"name": "urgent"}]},
        },
        include={"labels": True},
    )
    if ticket is None:
        raise HTTPError(404, f"no ticket {ticket_id}")
    return ticket

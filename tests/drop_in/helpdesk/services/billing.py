"""Invoices for the time spent."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Dict, List, cast

from ..client import Prisma
from ..client.enums import TicketStatus
from ..client.errors import ForeignKeyViolationError, UniqueViolationError
from ..errors import HTTPError
from ..schemas import InvoiceOut


async def invoice(db: Prisma, organisation: str, number: str, month: datetime) -> InvoiceOut:
    """Invoice the solved tickets that are on no invoice yet."""
    async with db.tx() as tx:
        customer = await tx.organisation.find_unique_or_raise(where={"name": organisation})
        rate = Decimal(cast(Dict[str, Any], customer.settings)["rate"])
        tickets = await tx.ticket.find_many(
            where={
                "status": TicketStatus.SOLVED,
                "lines": {"none": {}},
                "reporter": {"is": {"organisationId": customer.id}},
            },
            order={"id": "asc"},
        )
        try:
            created = await tx.invoice.create(
                data={
                    "number": number,
                    "month": month,
                    "organisationId": customer.id,
                    "lines": {
                        "create": [
                            {
                                "ticketId": ticket.id,
                                "minutes": ticket.minutes,
                                "amount": (rate * ticket.minutes / 60).quantize(Decimal("0.01")),
                            }
                            for ticket in tickets
                        ]
                    },
                },
                include={"lines": True},
            )
        except UniqueViolationError as exc:
            raise HTTPError(409, f"there is an invoice {number}") from exc
    lines = created.lines or []
    return InvoiceOut(
        number=created.number,
        organisation=organisation,
        total=sum((line.amount for line in lines), Decimal(0)),
        lines=len(lines),
        month=created.month,
    )


async def unpaid(db: Prisma) -> List[str]:
    found = await db.invoice.find_many(where={"paid": False}, order=[{"month": "asc"}, {"number": "asc"}])
    return [one.number for one in found]


async def close_account(db: Prisma, organisation: str) -> None:
    try:
        await db.organisation.delete(where={"name": organisation})
    except ForeignKeyViolationError as exc:
        raise HTTPError(409, f"{organisation} has tickets or invoices") from exc

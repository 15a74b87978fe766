"""What comes in and goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Dict, List, Optional

from pydantic import BaseModel

from .client import bases, models
from .client.enums import Priority, TicketStatus


class PersonIn(BaseModel):
    email: str
    name: str
    organisation: str
    secret: bytes


class TicketIn(BaseModel):
    subject: str
    body: str = ""
    priority: Priority = Priority.NORMAL
    labels: List[str] = []


class CommentIn(BaseModel):
    text: str
    internal: bool = False
    files: Dict[str, bytes] = {}


class Page(BaseModel):
    items: List[models.Ticket]
    total: int
    next: Optional[int] = None


class PersonBrief(bases.BasePerson):
    """A person without anything private: only these columns are read."""

    id: str
    name: str


class TicketBrief(bases.BaseTicket):
    id: int
    subject: str
    status: TicketStatus
    assignee: Optional[PersonBrief] = None


class Workload(BaseModel):
    """A row of the raw query in `services.reports`."""

    name: str
    open: int
    minutes: Optional[int] = None


class InvoiceOut(BaseModel):
    number: str
    organisation: str
    total: Decimal
    lines: int
    month: datetime

"""The program's own tests: run on a database that holds `seed.sql`."""

import asyncio
from datetime import datetime, timezone
from decimal import Decimal

from helpdesk.app import App, lifespan
from helpdesk.client import get_client
from helpdesk.client.enums import Priority
from helpdesk.client.errors import UniqueViolationError
from helpdesk.client.models import AuditEntry, Organisation, Person, Ticket
from helpdesk.db import db
from helpdesk.schemas import CommentIn, InvoiceOut, PersonIn, TicketIn, Workload


async def check_old_data(app: App) -> None:
    grace = await Person.prisma().find_unique_or_raise(
        where={"email": "grace@acme.example"},
        include={"organisation": True, "login": True, "reported": {"include": {"labels": True, "history": True}}},
    )
    assert grace.createdAt == datetime(2023, 9, 14, 9, 0, 1, tzinfo=timezone.utc)
    assert grace.organisation is not None and grace.login is not None and grace.reported is not None
    assert (grace.organisation.settings["rate"], grace.organisation.settings["language"]) == ("120.50", "de")
    assert grace.organisation.createdAt.microsecond == 123_000
    assert grace.organisation.domains == ["acme.example"]
    fire, paper = sorted(grace.reported, key=lambda ticket: ticket.id)
    assert fire.views == 2**32
    assert sorted(label.name for label in fire.labels or []) == ["hardware", "urgent"]
    assert [entry.details["labels"] for entry in fire.history or []] == [["hardware", "urgent"]]
    assert (fire.status, paper.status) == ("SOLVED", "OPEN")
    assert await app("POST", "/login", email="grace@acme.example", secret=b"\x00\xff\x10") == (200, True)
    assert await app("POST", "/login", email="grace@acme.example", secret=b"wrong") == (200, False)


async def check_people(app: App) -> None:
    for name in ("ada", "bob"):
        body = PersonIn(email=f"{name}@desk.example", name=name.title(), organisation="Desk", secret=name.encode())
        status, person = await app("POST", "/people", body=body)
        assert (status, person.organisation.name, person.login.failures) == (200, "Desk", 0)
    assert (await app("POST", "/people", body=body))[0] == 409
    assert await Organisation.prisma().count() == 2
    _, changed = await app("POST", "/domains", name="Desk", domain="helpdesk.example")
    assert changed.domains == ["desk.example", "helpdesk.example"]
    assert (await app("GET", "/domains", domain="helpdesk.example"))[1].id == changed.id
    assert await app("POST", "/domains", name="None", domain="x") == (404, "no organisation None")

    emails = ["ada@desk.example", "bob@desk.example"]
    await app("PUT", "/teams", name="all", emails=emails, lead=emails[0])
    _, team = await app("PUT", "/teams", name="printers", emails=emails, lead=emails[0], parent="all")
    assert [(one.person.name, one.role) for one in team.memberships] == [("Ada", "LEAD"), ("Bob", "AGENT")]
    assert team.parent.name == "all"
    status, _ = await app("PUT", "/teams", name="ghosts", emails=["nobody@desk.example"], lead="")
    assert (status, await db.team.count()) == (404, 2)
    _, member = await app("POST", "/leads", team_id=team.id, person_id=team.memberships[1].personId)
    assert member.role == "LEAD"


async def check_tickets(app: App) -> None:
    ada = await Person.prisma().find_unique_or_raise(where={"email": "ada@desk.example"})
    for subject, priority, labels in [
        ("Slow", Priority.NORMAL, ["network"]),
        ("Down", Priority.HIGH, ["network", "urgent"]),
    ]:
        body = TicketIn(subject=subject, body=f"{subject} network", priority=priority, labels=labels)
        status, ticket = await app("POST", "/tickets", reporter_id=ada.id, body=body)
        assert (status, [label.name for label in ticket.labels], ticket.views) == (200, labels, 0)
    assert await app("POST", "/tickets", reporter_id="nobody", body=body) == (404, "no such reporter")
    assert await AuditEntry.prisma().count(where={"action": "reported"}) == 3

    files = {"a.bin": bytes(range(256)), "b.txt": b"text"}
    _, comment = await app("POST", "/comments", ticket_id=2, author_id=ada.id, body=CommentIn(text="Moby", files=files))
    assert [one.name for one in comment.attachment] == ["a.bin", "b.txt"]
    assert await app("GET", "/files", comment_id=comment.id, name="a.bin") == (200, files["a.bin"])
    assert (await app("GET", "/files", comment_id=comment.id, name="c"))[0] == 404

    _, first = await app("GET", "/tickets")
    assert ([ticket.subject for ticket in first.items], first.total) == (["Down", "Slow"], 3)
    _, second = await app("GET", "/tickets", after=first.next)
    assert ([ticket.subject for ticket in second.items], second.next) == (["No paper"], None)
    assert [ticket.subject for ticket in (await app("GET", "/tickets", text="oby"))[1].items] == ["No paper"]
    assert [ticket.subject for ticket in (await app("GET", "/tickets", text="DOWN"))[1].items] == ["Down"]
    assert (await app("GET", "/tickets", label="urgent"))[1].total == 1

    bob = await Person.prisma().find_unique_or_raise(where={"email": "bob@desk.example"})
    assert await app("POST", "/assignments", ticket_ids=[2, 3, 4], assignee_id=bob.id, team="printers") == (200, 3)
    found = (await app("GET", "/search", words="network | tray"))[1]
    assert [(one.id, one.status, one.assignee.name) for one in found] == [
        (2, "OPEN", "Bob"),
        (3, "OPEN", "Bob"),
        (4, "OPEN", "Bob"),
    ]
    _, solved = await app("POST", "/solutions", ticket_id=4, minutes=30)
    assert (solved.status, solved.minutes, [label.name for label in solved.labels]) == ("SOLVED", 30, ["network"])
    assert await app("POST", "/solutions", ticket_id=404, minutes=1) == (404, "no ticket 404")


async def check_billing_and_reports(app: App) -> None:
    month = datetime(2024, 6, 1, tzinfo=timezone.utc)
    invoice = await app("POST", "/invoices", organisation="Acme", number="2024-1", month=month)
    expected = InvoiceOut(number="2024-1", organisation="Acme", total=Decimal("90.38"), lines=1, month=month)
    assert invoice == (200, expected)
    assert (await app("POST", "/invoices", organisation="Acme", number="2024-1", month=month))[0] == 409
    _, empty = await app("POST", "/invoices", organisation="Acme", number="2024-2", month=month)
    assert (empty.lines, empty.total) == (0, 0)
    assert await app("GET", "/invoices") == (200, ["2024-1", "2024-2"])
    assert (await app("DELETE", "/organisations", organisation="Acme"))[0] == 409
    assert await app("GET", "/reports/status") == (200, {"OPEN": 2, "SOLVED": 2})
    assert await app("GET", "/reports/minutes") == (200, {"HIGH 75": 37.5})
    assert await app("GET", "/reports/workload") == (200, [Workload(name="Bob", open=2, minutes=30)])
    _, oldest = await app("GET", "/reports/oldest")
    assert oldest == "Printer on fire (2023-10-01T10:30:00.500+00:00, 4294967296)", oldest
    assert await app("DELETE", "/views") == (200, 2)
    assert await Ticket.prisma().count(where={"views": {"gt": 0}}) == 0
    assert (await app("GET", "/nothing"))[0] == 404


async def check_all_or_nothing() -> None:
    before = await db.label.count()
    try:
        async with db.batch_() as batch:
            batch.label.create({"name": "one"})
            batch.label.create({"name": "urgent"})
    except UniqueViolationError as error:
        assert error.meta["target"] == ["name"]
    else:
        raise AssertionError("a label was stored twice")
    assert await db.label.count() == before
    await asyncio.gather(*(db.label.create({"name": f"label {number}"}) for number in range(25)))
    assert await db.label.count() == before + 25


async def main() -> None:
    async with lifespan() as app:
        assert get_client() is db
        await check_old_data(app)
        await check_people(app)
        await check_tickets(app)
        await check_billing_and_reports(app)
        await check_all_or_nothing()
    assert not db.is_connected()
    print("all is well")


if __name__ == "__main__":
    asyncio.run(main())

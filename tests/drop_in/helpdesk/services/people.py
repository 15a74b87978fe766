"""Organisations, people, teams and logins."""

from datetime import datetime, timezone
from typing import Optional

from ..client import Prisma
from ..client.enums import MemberRole
from ..client.errors import UniqueViolationError
from ..client.fields import Base64, Json
from ..client.models import Login, Membership, Organisation, Person, Team
from ..errors import HTTPError
from ..schemas import PersonIn


async def register(body: PersonIn) -> Person:
    domain = body.email.split("@")[1]
    try:
        return await Person.prisma().create(
            data={
                "email": body.email,
                "name": body.name,
                "organisation": {
                    "connect_or_create": {
                        "where": {"name": body.organisation},
                        "create": {
                            "name": body.organisation,
                            "domains": [domain],
                            "settings": Json({"language": "en", "rate": "90.00"}),
                        },
                    }
                },
                "login": {"create": {"secret": Base64.encode(body.secret)}},
            },
            include={"organisation": True, "login": True},
        )
    except UniqueViolationError as exc:
        raise HTTPError(409, f"{body.email} is registered already") from exc


async def log_in(email: str, secret: bytes) -> bool:
    person = await Person.prisma().find_unique(where={"email": email}, include={"login": True})
    if person is None or person.login is None:
        return False
    if person.login.secret.decode() != secret:
        await Login.prisma().update(where={"id": person.login.id}, data={"failures": {"increment": 1}})
        return False
    await Login.prisma().update(
        where={"personId": person.id}, data={"failures": 0, "lastSeen": datetime.now(timezone.utc)}
    )
    return True


async def add_domain(name: str, domain: str) -> Organisation:
    updated = await Organisation.prisma().update(where={"name": name}, data={"domains": {"push": [domain]}})
    if updated is None:
        raise HTTPError(404, f"no organisation {name}")
    return updated


async def find_by_domain(domain: str) -> Optional[Organisation]:
    return await Organisation.prisma().find_first(where={"domains": {"has": domain}})


async def set_team(db: Prisma, name: str, emails: list[str], *, lead: str, parent: Optional[str] = None) -> Team:
    """Make a team of exactly these people."""
    async with db.tx() as tx:
        team = await tx.team.upsert(where={"name": name}, data={"create": {"name": name}, "update": {}})
        if parent is not None:
            await tx.team.update(where={"id": team.id}, data={"parent": {"connect": {"name": parent}}})
        people = await tx.person.find_many(where={"email": {"in": emails}})
        if len(people) != len(emails):
            raise HTTPError(404, "some of these people are not registered")
        await tx.membership.delete_many(where={"teamId": team.id})
        await tx.membership.create_many(
            data=[
                {
                    "teamId": team.id,
                    "personId": person.id,
                    "role": MemberRole.LEAD if person.email == lead else MemberRole.AGENT,
                }
                for person in people
            ]
        )
        return await tx.team.find_unique_or_raise(
            where={"id": team.id},
            include={"memberships": {"include": {"person": True}, "order_by": [{"role": "desc"}]}, "parent": True},
        )


async def promote(team_id: int, person_id: str) -> Optional[Membership]:
    return await Membership.prisma().update(
        where={"teamId_personId": {"teamId": team_id, "personId": person_id}}, data={"role": MemberRole.LEAD}
    )

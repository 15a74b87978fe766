"""The routes, as a web framework would call them, and the program's life around them."""

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Tuple

from .db import db
from .errors import HTTPError
from .services import billing, people, reports, tickets

Handler = Callable[..., Awaitable[Any]]

ROUTES: Dict[Tuple[str, str], Handler] = {
    ("POST", "/people"): people.register,
    ("POST", "/login"): people.log_in,
    ("POST", "/domains"): people.add_domain,
    ("GET", "/domains"): people.find_by_domain,
    ("PUT", "/teams"): lambda **body: people.set_team(db, **body),
    ("POST", "/leads"): people.promote,
    ("POST", "/tickets"): lambda **body: tickets.report(db, **body),
    ("GET", "/tickets"): tickets.page,
    ("GET", "/search"): tickets.search,
    ("POST", "/comments"): lambda **body: tickets.comment(db, **body),
    ("GET", "/files"): lambda **query: tickets.read_file(db=db, **query),
    ("POST", "/assignments"): lambda **body: tickets.assign(db, **body),
    ("POST", "/solutions"): lambda **body: tickets.solve(db, **body),
    ("POST", "/invoices"): lambda **body: billing.invoice(db, **body),
    ("GET", "/invoices"): lambda: billing.unpaid(db),
    ("DELETE", "/organisations"): lambda **query: billing.close_account(db, **query),
    ("GET", "/reports/status"): lambda: reports.by_status(db),
    ("GET", "/reports/minutes"): lambda: reports.minutes(db),
    ("GET", "/reports/workload"): lambda: reports.workload(db),
    ("GET", "/reports/oldest"): lambda: reports.oldest(db),
    ("DELETE", "/views"): lambda: reports.forget_views(db),
}


class App:
    """Finds the function of a route and turns its errors into statuses."""

    async def __call__(self, method: str, path: str, **arguments: Any) -> Tuple[int, Any]:
        handler = ROUTES.get((method, path))
        if handler is None:
            return 404, f"no route {method} {path}"
        try:
            return 200, await handler(**arguments)
        except HTTPError as error:
            return error.status, error.detail


@asynccontextmanager
async def lifespan() -> AsyncIterator[App]:
    await db.connect()
    try:
        yield App()
    finally:
        if db.is_connected():
            await db.disconnect()

"""This checkout's server among those of others: a second clone has the same .env, and the same port in it."""

from __future__ import annotations

from database_url import DatabaseUrl
from postmaster import running
from steps import PROJECT, StepError, say


def stop_abandoned() -> None:
    """Stop the servers whose checkout or data somebody has deleted, and say so."""
    for postmaster in running():
        if not postmaster.is_abandoned:
            continue
        lost_data = postmaster.has_lost_its_data
        try:
            postmaster.stop()
        except ProcessLookupError:  # another command was faster
            continue
        except PermissionError:  # another account's
            continue
        kept = "" if lost_data else f"; its data stay in {postmaster.data}"
        lost = "its data are gone" if lost_data else "this checkout is gone"
        say(f"stopped the embedded PostgreSQL of {postmaster.checkout}: {lost}{kept}")


def require_own_server() -> None:
    """Make sure that an embedded server at DATABASE_URL is this checkout's. Errors: StepError that names the other."""
    try:
        url = DatabaseUrl.of_project()
    except StepError:  # the command itself says so, or reads what this does not: several hosts
        return
    for postmaster in running():
        if url.is_local and postmaster.port == url.port and postmaster.checkout != PROJECT:
            raise StepError(
                f"{url.place} is the embedded PostgreSQL of another checkout, {postmaster.checkout}: "
                "stop it there (make db-down), or write another port in DATABASE_URL (.env)"
            )

"""What stands between a command and the loss of a database."""

from __future__ import annotations

import os
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.url import Settings

__all__ = ["check_may_erase"]

_CONSENT: Final = "PRISMA_ALLOW_REMOTE_RESET"  # names the host whose database may be erased although it is not local
_LOOPBACK: Final = IPv6Address("::1")


def check_may_erase(settings: Settings) -> None:
    """Refuse to erase a database on another machine, unless the user has named that machine.

    Errors: UserFacingError.
    """
    host = ",".join(settings.hosts)
    if all(map(_is_local, settings.hosts)) or os.environ.get(_CONSENT) == host:
        return
    raise UserFacingError(
        None,
        f"Refused to erase the database `{settings.database}`: the server `{host}` is not on this machine. If all data"
        f" in it may be lost, set {_CONSENT}={host} and run the command again.",
    )


def _is_local(host: str) -> bool:
    """Whether a host is this machine: loopback or the folder of a Unix socket."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback if isinstance(address, IPv4Address) else address == _LOOPBACK

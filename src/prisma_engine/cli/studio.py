"""`prisma studio`: look at the data in a browser, and edit it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.project import find_project
from prisma_engine.studio import serve

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Browse your data with Prisma Studio

Usage

  $ prisma studio [options]

Options

  -h, --help        Display this help message
  -p, --port        Port to start Studio on
  -b, --browser     Browser to open Studio in
  --config          Custom path to your Prisma config file
  --schema          Custom path to your Prisma schema
  --url             Database connection string (overrides the one in your Prisma config)

Examples

  Start Studio on the default port
    $ prisma studio

  Start Studio on a custom port
    $ prisma studio --port 5555

  Start Studio in a specific browser
    $ prisma studio --port 5555 --browser firefox
    $ BROWSER=firefox prisma studio --port 5555

  Start Studio without opening in a browser
    $ prisma studio --port 5555 --browser none
    $ BROWSER=none prisma studio --port 5555

  Specify a custom prisma config file
    $ prisma studio --config=./prisma7.config.ts

  Specify a direct database connection string
    $ prisma studio --url="postgresql://user:password@localhost:5432/dbname"
""",
    values=("--port", "--browser", "--schema", "--url", "--hostname"),
    aliases={"-p": "--port", "-b": "--browser", "-n": "--hostname"},
)

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_POSTGRESQL: Final = frozenset({"postgresql", "postgres"})
_HOSTED: Final = frozenset({"prisma", "prisma+postgres"})
_HERE: Final = frozenset({"localhost", "127.0.0.1"})
_NOBODY: Final = "none"
_STATUSES: Final = {signal.SIGINT: 130, signal.SIGTERM: 0}

_NO_PORT: Final = "The Studio port must be an integer between 1 and 65535."
_NO_URL: Final = "The provided database URL is not valid."
_NOT_HOSTED: Final = (
    "Prisma Studio no longer supports Accelerate URLs (`prisma://` or `prisma+postgres://`)."
    " Use a direct database connection string instead."
)


class _RefusedError(Exception):
    """What keeps Studio from starting, in Prisma's words."""


def run(arguments: Sequence[str]) -> int:
    """Serve Studio until Ctrl-C or SIGTERM comes. Errors: CommandError, UserFacingError where the port is taken."""
    given = parse(arguments, _SYNTAX)
    try:
        port = _port(given.value("--port"))
        _require_here(given.value("--hostname"))
        url = _url(given)
    except _RefusedError as error:
        terminal.warn(f"\n{terminal.bold(terminal.red('!'))} {error}")
        return 1
    return asyncio.run(_serve(url, port, given.value("--browser") or os.environ.get("BROWSER")))


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 65536):
        raise _RefusedError(_NO_PORT)
    return int(text)


def _require_here(hostname: str | None) -> None:
    """Prisma 5 let Studio listen anywhere, to whoever came."""
    if hostname is not None and hostname.lower() not in _HERE:
        raise CommandError(
            f"Studio listens on localhost only, not on {hostname}: whoever reaches it may read and write everything."
            " From elsewhere, forward its port, as in `ssh -L 5555:localhost:5555 HOST`."
        )


def _url(given: Given) -> str:
    url = find_project(given).url("prisma studio")
    scheme = _SCHEME.match(url.strip())
    if scheme is None:
        raise _RefusedError(_NO_URL)
    protocol = scheme[1].lower()
    if protocol in _HOSTED:
        raise _RefusedError(_NOT_HOSTED)
    if protocol not in _POSTGRESQL:
        raise _RefusedError(f'Prisma Studio is not supported for the "{protocol}" protocol.')
    return url


async def _serve(url: str, port: int | None, browser: str | None) -> int:
    """Serve until a signal comes, and return the exit status that Prisma has for it."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()
    for number, status in _STATUSES.items():
        with suppress(NotImplementedError):  # on Windows, Ctrl-C is an exception
            loop.add_signal_handler(number, _stop, stopped, status)
    async with serve(url, port=port) as address:
        terminal.say()
        terminal.say(terminal.bold("\nPrisma Studio is running at:") + f" {address}")
        if (browser or "").lower() != _NOBODY:
            await asyncio.to_thread(_open, address, browser)
        return await stopped


def _stop(stopped: asyncio.Future[int], status: int) -> None:
    if not stopped.done():
        stopped.set_result(status)


def _open(address: str, browser: str | None) -> None:
    try:
        opener = webbrowser.get(browser)
    except webbrowser.Error:
        if browser:
            terminal.warn(f'There is no browser "{browser}" here: open {address} in another one.')
        return
    if browser or not _fills_the_terminal(opener):
        opener.open(address)


def _fills_the_terminal(opener: webbrowser.BaseBrowser) -> bool:
    """Whether it is a browser such as lynx, which shows no Studio, and which nobody has asked for."""
    return isinstance(opener, webbrowser.GenericBrowser) and not isinstance(opener, webbrowser.BackgroundBrowser)

"""make db-studio: view and edit the data in a browser, with Prisma Studio."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from checkouts import require_own_server
from prisma_engine.cli import dispatch
from steps import PROJECT, StepError, main, say


def db_studio(port: str) -> None:
    """Serve Studio until it is interrupted; opening a browser is left to the person."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise StepError(f"port={port} is not a port: use a number from 1 to 65535")
    require_own_server()
    _require_free(int(port))
    os.chdir(PROJECT)
    say("Ctrl-C stops Prisma Studio.")
    sys.exit(dispatch.run(["studio", "--browser", "none", "--port", port]))


def _require_free(port: int) -> None:
    try:
        socket.create_connection(("localhost", port), timeout=1).close()
    except OSError:
        return
    raise StepError(f"port {port} is taken: choose another one, as in make db-studio port={port + 1}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="5555")
    arguments = parser.parse_args()
    main(lambda: db_studio(arguments.port))

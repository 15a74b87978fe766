"""Makes the environment's `prisma …` and `python -m prisma …` this package's command line, and undoes it.

Prisma Client Python's own command line downloads Node.js and Prisma 5. Two places lead to it: the package `prisma.cli`,
and the script `prisma` beside the interpreter, whose way through the package would load the whole client first. Each
gets a few lines that ask for this package and go on as before where it is not installed any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from prisma_engine.mends import installed, undo
from prisma_engine.package_file import has_rewritten

__all__ = ["give_back", "take_over"]

_PACKAGE_LINE: Final = "from .cli import *\n"

_MARK: Final = "\n# prisma_engine: these commands run in Python."
"""What everything begins with that is added to the end of a package, now and by other releases."""

_IN_PACKAGE: Final = f"""{_MARK} `python -m prisma_engine restore` undoes it.
try:
    from prisma_engine.prisma_command import replace_commands as _replace_commands
except ModuleNotFoundError:
    pass
else:
    _replace_commands(__name__)
"""

_SCRIPT_LINE: Final = "from prisma.cli import main\n"
_IN_SCRIPT: Final = f"""\
# prisma_engine: this command runs in Python. `python -m prisma_engine restore` undoes it.
try:
    from prisma_engine.prisma_command import main
except ModuleNotFoundError:
    {_SCRIPT_LINE}"""


def take_over(*packages: Path) -> list[Path]:
    """Let the commands of the environment, and of generated clients in other folders, run this package's.

    The files that this could not be written to are returned: they stay as they are.
    """
    return _rewrite(packages, _taken_package, _taken_script)


def give_back(*packages: Path) -> list[Path]:
    """Make the environment's files those that were installed, to the byte, and undo `take_over` in other clients.

    The files that could not be written are returned.
    """
    return _rewrite(packages, _own_package, _own_script) + [path for folder in installed() for path in undo(folder)]


def _taken_package(text: str) -> str:
    return _own_package(text) + _IN_PACKAGE if _PACKAGE_LINE in text else text


def _own_package(text: str) -> str:
    return text.partition(_MARK)[0]


def _taken_script(text: str) -> str:
    return text if _IN_SCRIPT in text else text.replace(_SCRIPT_LINE, _IN_SCRIPT)


def _own_script(text: str) -> str:
    return text.replace(_IN_SCRIPT, _SCRIPT_LINE)


def _rewrite(packages: tuple[Path, ...], package: Callable[[str], str], script: Callable[[str], str]) -> list[Path]:
    places = [(folder / "cli" / "__init__.py", package) for folder in (*installed(), *packages)]
    places += [(path, script) for path in _scripts()]
    return [path for path, change in dict(places).items() if not has_rewritten(path, change)]


def _scripts() -> Iterator[Path]:
    """The scripts `prisma` and `prisma-client-py`, as the package's installer has noted them."""
    try:
        files = distribution("prisma").files or []
    except PackageNotFoundError:
        return
    for file in files:
        if file.name in {"prisma", "prisma-client-py"}:
            path = Path(str(file.locate()))
            if path.is_file():
                yield path.resolve()

"""The generator that `schema.prisma` names: Prisma Client Python's own, then bound to the in-process engine.

`generate` runs it in the process itself; to Prisma's CLI it is the program `python -m prisma_engine.generator`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from prisma_engine.errors import PrismaEngineError, UserFacingError
from prisma_engine.mends import installed, mend

__all__ = ["client_version", "generate_client", "main", "manifest"]

_CLIENT: Final = "prisma"
_OURS: Final = f"{__package__}.client_files"
_NOT_INSTALLED: Final = (
    "Prisma Client Python is not installed here, or only in part. Run: pip install --force-reinstall prisma==0.15.0"
)
_SERVER_ERROR: Final = -32000  # JSON-RPC's code for whatever an implementation wants to say


def manifest() -> dict[str, Any]:
    """What a generator says of itself; this one asks for no engine's binary. Errors: as `client_version`."""
    return {"prettyName": f"Prisma Client Python (v{client_version()})", "defaultOutput": str(_client_folder())}


def client_version() -> str:
    """The version of Prisma Client Python. Errors: UserFacingError where it is not installed."""
    try:
        return version(_CLIENT)
    except PackageNotFoundError as error:
        raise UserFacingError(None, _NOT_INSTALLED) from error


def _client_folder() -> Path:
    """Where Prisma Client Python is. Errors: UserFacingError where it is not, or not all of it."""
    for folder in installed():
        if (folder / "generator" / "templates").is_dir():
            return folder
    raise UserFacingError(None, _NOT_INSTALLED)


def generate_client(request: Mapping[str, Any]) -> None:
    """Generate the client that the parameters of a request describe; a failure leaves the one of before.

    Errors: PrismaEngineError.
    """
    mend(_client_folder())  # where it may not be written to, it is as it was
    with ExitStack() as stack:
        stack.enter_context(_environment())
        stack.enter_context(_prisma_without_client(Path(request["generator"]["output"]["value"])))
        from prisma_engine.client_files import write_client

        write_client(request)


def main() -> None:
    """Answer requests until there are no more: one on each line of stdin, the answers on stderr."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        answer = {"id": request["id"], "jsonrpc": "2.0", **_answer(request["method"], request["params"])}
        print(json.dumps(answer), file=sys.stderr, flush=True)  # noqa: T201  -- the protocol


def _answer(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The result, or what went wrong: in the engine's words, or with the stack of what nobody foresaw."""
    try:
        if method == "getManifest":
            return {"result": {"manifest": manifest()}}
        generate_client(params)
    except PrismaEngineError as error:
        message = str(error)
    except Exception:  # noqa: BLE001  -- an answer that is missing would be waited for
        message = traceback.format_exc().strip()
    else:
        return {"result": None}
    return {"error": {"code": _SERVER_ERROR, "message": message, "data": {}}}


@contextmanager
def _environment() -> Iterator[None]:
    """What Prisma Client Python's generator and a program's partial types expect of the process that they run in."""
    name = "PRISMA_GENERATOR_INVOCATION"
    before = os.environ.get(name)
    os.environ[name] = "true"
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


@contextmanager
def _prisma_without_client(output: Path) -> Iterator[None]:
    """Import Prisma Client Python anew, as if no client were generated, and afterwards be as before.

    The client that is there may be old, large or broken, and partial types are to find the one that is being generated.
    """
    aside = _set_aside(output)
    try:
        with _no_client():
            importlib.import_module(_OURS)
        yield
    finally:
        _set_aside(output)
        sys.modules.update(aside)
        for name, module in aside.items():
            _tell_parent(name, module)


@contextmanager
def _no_client() -> Iterator[None]:
    finder = _NoClient()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _set_aside(output: Path) -> dict[str, ModuleType]:
    """Forget every module of Prisma Client Python and of the client in the folder."""
    start = str(output / "__init__.py")
    clients = [name for name, module in sys.modules.items() if getattr(module, "__file__", None) == start]
    packages = (_CLIENT, _OURS, *clients)
    found = {name: module for name, module in sys.modules.items() if _is_in(name, packages)}
    for name in found:
        del sys.modules[name]
    for name, module in found.items():
        _untell_parent(name, module)
    return found


def _is_in(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _tell_parent(name: str, module: ModuleType) -> None:
    """A package has its modules as attributes, too; those that are set aside with it keep theirs."""
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)


def _untell_parent(name: str, module: ModuleType) -> None:
    parent, _, child = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and vars(package).get(child) is module:
        delattr(package, child)


class _NoClient(MetaPathFinder):
    """Finds no generated client where there is one."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:  # noqa: ARG002  -- the protocol
        if fullname == f"{_CLIENT}.client":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


if __name__ == "__main__":
    main()

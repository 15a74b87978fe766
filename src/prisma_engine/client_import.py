"""Makes a generated client quick to import: its types wait until they are asked for, and cycles of models may be long.

Of 101 models the types are 150,000 classes, for type checkers: a program at work needs none of them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from threading import RLock, Thread, stack_size
from types import ModuleType
from typing import Any, Final

__all__ = ["PREPARATION", "prepare"]

PREPARATION: Final = """\
# Types wait until they are asked for.
from prisma_engine.client_import import prepare as _prepare_import

_prepare_import(__package__)

"""
"""What the generator puts before the imports of the generated `client.py`."""

_TYPES: Final = "types"
_HTTPX: Final = "httpx"  # which the types import and do not use, and which takes longer than all else of a client
_FRAMES: Final = 1_000_000  # calls: more than any schema's models take, before the stack ends
_STACK: Final = 512 * 2**20  # bytes of addresses; memory is taken as it is used
_loading: Final = RLock()


def prepare(package: str) -> None:
    """Let the client that is being imported load its types when they are asked for, and finish its models anyhow."""
    types = _defer(f"{package}.{_TYPES}")
    if types is not None:
        setattr(sys.modules[package], _TYPES, types)
    compat: Any = importlib.import_module(f"{package}._compat")
    compat.model_rebuild = _rebuild


def _defer(name: str) -> ModuleType | None:
    """Put a module where an import finds it; None where it has been imported before, or is not there."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is None:
        return None
    module = sys.modules[name] = module_from_spec(spec)
    module.__class__ = _Deferred
    return module


class _Deferred(ModuleType):
    """A module that runs when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        with _loading:
            if type(self) is _Deferred:
                _load(self)
        return getattr(self, name)

    def __dir__(self) -> list[str]:
        with _loading:
            if type(self) is _Deferred:
                _load(self)
        return list(vars(self))


class _Loading(ModuleType):
    """A module that runs: other threads wait for it."""

    def __getattr__(self, name: str) -> Any:
        with _loading:
            if type(self) is _Loading:  # it is this thread's
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        return getattr(self, name)


def _load(module: ModuleType) -> None:
    spec: Any = module.__spec__
    if module.__name__.endswith(f".{_TYPES}"):
        _defer(_HTTPX)
    module.__class__ = _Loading
    try:
        spec.loader.exec_module(module)
    except BaseException:
        module.__class__ = _Deferred
        raise
    module.__class__ = ModuleType


def _rebuild(model: Any) -> None:
    """Let pydantic finish a model; it goes from model to model, and a long cycle takes more than the usual stack."""
    try:
        model.model_rebuild()
    except RecursionError:
        _rebuild_on_large_stack(model)


def _rebuild_on_large_stack(model: Any) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            model.model_rebuild(force=True)
        except BaseException as error:  # noqa: BLE001  -- it is raised again where the model is asked for
            errors.append(error)

    with _large_stack():
        thread = Thread(target=run)
        thread.start()
        thread.join()
    for error in errors:
        raise error


@contextmanager
def _large_stack() -> Iterator[None]:
    """Let threads that start have a large stack, and calls go as deep as it carries them."""
    frames, size = sys.getrecursionlimit(), stack_size(_STACK)
    sys.setrecursionlimit(max(frames, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(frames)
        stack_size(size)

"""Writes a client: what the in-process engine needs, then Prisma Client Python's own files, each of them at once.

Nothing but `generator` imports this module: it loads Prisma Client Python's generator, in a state of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prisma import config
from prisma._compat import model_parse
from prisma.generator import BASE_PACKAGE_DIR, partial_models_ctx
from prisma.generator.errors import PartialTypeGeneratorError
from prisma.generator.generator import DEFAULT_ENV, DEFERRED_TEMPLATES
from prisma.generator.models import Module, PythonData
from prisma.generator.utils import is_same_path, resolve_template_path
from pydantic import ValidationError

from prisma_engine import schema
from prisma_engine.client_package import DIGEST_FILE, FOLDER, INPUTS_FILE, SCHEMA_FILE, digest
from prisma_engine.client_text import check_names, corrected, quotable
from prisma_engine.compiled_templates import CompiledTemplates
from prisma_engine.compiler import modules
from prisma_engine.errors import ArtifactError, PrismaEngineError, UserFacingError
from prisma_engine.mends import mend
from prisma_engine.package_file import write
from prisma_engine.request import table_from_dmmf
from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION

__all__ = ["write_client"]

_PACKAGED: Final = "schema.prisma"
_NO_URL: Final = {"value": None, "fromEnvVar": "DATABASE_URL"}


def write_client(request: Mapping[str, Any]) -> None:
    """Write the client that the parameters of a request describe; a failure leaves the one of before.

    Errors: PrismaEngineError.
    """
    _check_version(request["version"])
    provider = _provider(request["datasources"])
    _check_keys(request["dmmf"]["datamodel"]["models"])
    # The client's models drop the part of the DMMF that this table is made from.
    inputs = json.dumps(table_from_dmmf(request["dmmf"], request["datamodel"]))
    package = Path(request["generator"]["output"]["value"])
    with _explained(), _alone(package), _unchanged_on_failure(package):
        data = model_parse(PythonData, _as_expected(request))
        check_names(data.dmmf.datamodel.models)
        _quote_comments(data)
        if not is_same_path(BASE_PACKAGE_DIR, package):
            _copy_base(package)
        # before the client, which may be imported as soon as it is there
        modules.prepare(package / FOLDER, provider)
        [(_, accepted)] = schema.accepted([(_PACKAGED, request["datamodel"])])
        write(package / FOLDER / SCHEMA_FILE, accepted.encode())
        write(package / FOLDER / INPUTS_FILE, inputs.encode())
        write(package / FOLDER / DIGEST_FILE, digest(data.schema_path).encode())
        write(package / _PACKAGED, _source(data.schema_path, request["datamodel"]))
        _write_templates(data, package)


def _copy_base(package: Path) -> None:
    """Copy the files that all clients share, each at once."""
    own = _written(BASE_PACKAGE_DIR)

    def of_its_own(folder: str, names: Iterable[str]) -> set[str]:
        return {name for name in names if name == "__pycache__" or Path(folder, name) in own}

    def copy(source: str, target: str) -> None:
        write(Path(target), Path(source).read_bytes())

    shutil.copytree(BASE_PACKAGE_DIR, package, ignore=of_its_own, copy_function=copy, dirs_exist_ok=True)
    mend(package)


def _write_templates(data: PythonData, package: Path) -> None:
    """Write what Prisma Client Python's generator writes, in its order."""
    DEFAULT_ENV.bytecode_cache = CompiledTemplates()
    parameters = data.to_params()
    for template in _templates():
        if template not in DEFERRED_TEMPLATES:
            _render(template, parameters, package)
    program = data.generator.config.partial_type_generator
    if program is not None:
        _PartialTypes(program, package).run()
    parameters["partial_models"] = [_quoted(partial) for partial in partial_models_ctx.get()]
    for template in DEFERRED_TEMPLATES:
        _render(template, parameters, package)


def _quote_comments(data: PythonData) -> None:
    for model in data.dmmf.datamodel.models:
        model.documentation = quotable(model.documentation)
        for field in model.all_fields:
            field.documentation = quotable(field.documentation)


def _quoted(partial: Any) -> dict[str, Any]:
    """A partial type, whose comments were text of Python's once and are now to be so again."""
    fields = {
        name: {**field, "documentation": quotable(field["documentation"])} for name, field in partial["fields"].items()
    }
    return {**partial, "fields": fields}


def _templates() -> list[str]:
    return [name for name in DEFAULT_ENV.list_templates() if not name.startswith("_")]


def _render(template: str, parameters: dict[str, Any], package: Path) -> None:
    path = resolve_template_path(package, template)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = DEFAULT_ENV.get_template(template).render(**parameters)
    write(path, corrected(path.name, text, parameters).encode())


@dataclass(frozen=True, slots=True)
class _PartialTypes:
    """A program's partial types, also those that it makes of the models of a client in another folder."""

    program: Module
    package: Path

    def run(self) -> None:
        """Run the program; the client that it imports has none of the partial types of before."""
        (self.package / "partials.py").write_bytes(b"")
        self.program.run()
        file = str(self.package / "generator" / "generator.py")
        for module in list(sys.modules.values()):
            if getattr(module, "__file__", None) == file:  # asked for more, a module that waits to be used would run
                made: Any = module.partial_models_ctx
                if made is not partial_models_ctx:
                    partial_models_ctx.get().extend(made.get())


def _source(path: Path, merged: str) -> bytes:
    """What the client's package keeps of the schema: the file itself, or all files of a folder as one."""
    return merged.encode() if path.is_dir() else path.read_bytes()


@contextmanager
def _alone(package: Path) -> Iterator[None]:
    """Let processes that generate the same client take turns, where the system can lock a folder."""
    package.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    import fcntl

    folder = os.open(package, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems know no locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def _unchanged_on_failure(package: Path) -> Iterator[None]:
    """Leave the client as it was where a new one cannot be written; the generator itself would remove it."""
    was_there = any(package.iterdir())
    before = {path: path.read_bytes() if path.is_file() else None for path in _written(package)}
    try:
        yield
    except BaseException:
        with suppress(OSError):
            _restore(before) if was_there else shutil.rmtree(package)
        raise


def _restore(files: Mapping[Path, bytes | None]) -> None:
    for path, data in files.items():
        if data is None:
            path.unlink(missing_ok=True)
        else:
            write(path, data)


def _written(package: Path) -> list[Path]:
    """The files of a client that a generation writes, without the compiler."""
    rendered = [resolve_template_path(package, name) for name in _templates()]
    ours = [package / FOLDER / name for name in (SCHEMA_FILE, INPUTS_FILE, DIGEST_FILE)]
    return [package / _PACKAGED, *rendered, *ours]


@contextmanager
def _explained() -> Iterator[None]:
    """Say what went wrong as Prisma Client Python's generator does: of settings the errors, of the rest the stack."""
    try:
        yield
    except PrismaEngineError:
        raise
    except ValidationError as error:
        raise UserFacingError(None, str(error)) from error
    except PartialTypeGeneratorError as error:
        stack = traceback.format_exc().strip()
        message = f"An exception ocurred while running the partial type generator\n{stack}"
        raise UserFacingError(None, message) from error
    except OSError as error:
        raise UserFacingError(
            None,
            f"The client cannot be written: {error}. Generate it as the user whom the folder belongs to, or set"
            " `output` in the generator's block to a folder that you may write.",
        ) from error
    except Exception as error:
        raise UserFacingError(None, traceback.format_exc().strip()) from error


def _check_version(version: str) -> None:
    if version != ENGINE_HASH:
        raise ArtifactError(
            f"This Prisma CLI belongs to engine {version}, the generator to {ENGINE_HASH}, which is Prisma"
            f" {PRISMA_VERSION}'s. Run: python -m prisma_engine generate"
        )


def _provider(datasources: Sequence[Mapping[str, Any]]) -> modules.Provider:
    """The provider of the schema's one datasource."""
    [source] = datasources
    for provider in modules.BUILDS:
        if source["activeProvider"] == provider:
            return provider
    raise UserFacingError(
        "P1012",
        f'The datasource {source["name"]} has the provider "{source["activeProvider"]}", '
        f"and this client serves {' and '.join(modules.BUILDS)} only.",
    )


def _check_keys(models: Iterable[Mapping[str, Any]]) -> None:
    """Refuse what the client's own generator stumbles over without a word: a view that nothing is unique in."""
    for model in models:
        has_field = any(field["isId"] or field["isUnique"] for field in model["fields"])
        if not (has_field or model["primaryKey"] or model["uniqueFields"]):
            raise UserFacingError(
                "P1012",
                f"The view {model['name']} has no unique field, and the client needs one. "
                "Mark the field, or the fields, that tell its rows apart with @unique or @@unique.",
            )


def _as_expected(request: Mapping[str, Any]) -> dict[str, Any]:
    """Make Prisma 7's request look as the client's generator knows it: its version, and a URL in the datasource."""
    return {
        **request,
        "version": config.expected_engine_version,
        "datasources": [{"url": _NO_URL, **source} for source in request["datasources"]],
    }

"""Runs generators one after the other: none that fails keeps another from running."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from prisma_engine import generator as client
from prisma_engine.errors import PrismaEngineError, UserFacingError
from prisma_engine.generate.program import GeneratorError, GeneratorProgram, MissingGeneratorError
from prisma_engine.generate.providers import NPM_ONLY, is_ours
from prisma_engine.generate.requests import Project, provider_of, read_project
from prisma_engine.generate.takeover import take_over

__all__ = ["CLIENT_PYTHON_ENGINES", "Generated", "Result", "generate", "run"]

_CLIENT_PYTHON: Final = frozenset({"denylist", "requiresEngines", "requiresGenerators"})
"""What a manifest of a class on `prisma.generator.BaseGenerator` always has; others leave out what is not set."""

CLIENT_PYTHON_ENGINES: Final = "393aa359c9ad4a4bb28630fb5613f9c281cde053"
"""The engines of Prisma 5.17, the only ones that Prisma Client Python 0.15 takes requests from."""

_NO_URL: Final = {"value": None, "fromEnvVar": "DATABASE_URL"}

_LACKING: Final = """Generator "{title}" requires generator "{needed}", but it is missing in your schema.prisma.
Please add it to your schema.prisma:

generator gen {{
  provider = "{needed}"
}}
"""

_NO_MODELS: Final = """
You don't have any models defined in your schema.prisma, so nothing will be generated.

Prisma Client is typically generated from models defined in your schema. If you plan to use raw SQL queries only \
(e.g. query_raw), remove the --require-models flag to generate the client without models:

  $ prisma generate

Otherwise, you can define a model like this:

model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
}

More information in our documentation:
https://pris.ly/d/prisma-schema
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one generator.

    Shape: `error` is None where it has generated; `is_missing` where nothing here can run it.
    Units: `seconds` is what it took to generate.
    """

    name: str
    provider: str
    title: str
    version: str | None = None
    output: Path | None = None
    seconds: float = 0.0
    error: str | None = None
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """What became of every generator, and the files of the environment that stay Prisma Client Python's own."""

    results: tuple[Result, ...]
    left: tuple[Path, ...] = ()


class _Runner(Protocol):
    """What carries out a generator's two methods."""

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        """Answer `getManifest` or `generate`. Errors: PrismaEngineError."""

    def close(self) -> None:
        """Leave nothing running."""


class _Client:
    """The client's generator, in this process."""

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:
        return {"manifest": client.manifest()} if method == "getManifest" else client.generate_client(params)

    def close(self) -> None:
        """Nothing was started."""


class _NpmOnly:
    """A generator that npm packages have, and which nothing here can run."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def ask(self, method: str, params: Mapping[str, Any]) -> Any:  # noqa: ARG002  -- it answers nothing
        raise MissingGeneratorError(self._provider)

    def close(self) -> None:
        """Nothing was started."""


class _Job:
    """A generator of the schema on its way to a result; once it has failed, nothing more is tried."""

    def __init__(self, generator: dict[str, Any], provider: str, runner: _Runner) -> None:
        self.generator = generator
        self.provider = provider
        self.result = Result(generator["name"], provider, title=provider)
        self._manifest: dict[str, Any] = {}
        self._runner = runner

    def introduce(self) -> None:
        """Let the generator say what it is."""
        answer = self._runner.ask("getManifest", self.generator) or {}
        manifest = answer.get("manifest") or {} if isinstance(answer, dict) else answer
        if not isinstance(manifest, dict):
            raise GeneratorError(f"It answered {manifest!r} to getManifest, which is no manifest.")
        self._manifest = manifest
        title = self._manifest.get("prettyName") or self.provider
        self.result = replace(self.result, title=title, version=self._manifest.get("version"))

    def prepare(self, project: Project, providers: Collection[str]) -> None:
        """Find out where it writes to, and whether the others that it needs are there."""
        for needed in self._manifest.get("requiresGenerators") or ():
            if needed not in providers:
                raise GeneratorError(_LACKING.format(title=self.result.title, needed=needed))
        project.set_output(self.generator, self._manifest.get("defaultOutput"))
        self.result = replace(self.result, output=Path(self.generator["output"]["value"]))

    def has_place(self, project: Project) -> bool:
        """Whether the others can be told where it writes to: also of one that cannot run here."""
        if self.result.error is not None and self.generator["output"]:
            with suppress(UserFacingError):
                project.set_output(self.generator, None)
        return self.generator["output"] is not None

    def generate(self, request: Mapping[str, Any]) -> None:
        """Let it generate."""
        started = time.monotonic()
        self._runner.ask("generate", _as_client_python_wants(request) if self._is_client_pythons() else request)
        self.result = replace(self.result, seconds=time.monotonic() - started)

    def attempt(self, work: Callable[[], None]) -> None:
        """Do one of these, unless something has failed."""
        if self.result.error is not None:
            return
        try:
            work()
        except MissingGeneratorError as error:
            self.result = replace(self.result, error=str(error), is_missing=True)
        except PrismaEngineError as error:
            self.result = replace(self.result, error=str(error))

    def _is_client_pythons(self) -> bool:
        return self._manifest.keys() >= _CLIENT_PYTHON


def generate(schema: Path, *, names: Sequence[str] = (), may_lack_models: bool = True) -> Generated:
    """Run the generators of a schema, a file or a folder: all of them, or those that are named.

    A client's generator also lets the environment's `prisma` run this package's commands.
    Errors: SchemaError, OSError when the schema cannot be read; UserFacingError when it has no generator of a name.
    """
    return run(read_project(schema), names=names, may_lack_models=may_lack_models)


def run(project: Project, *, names: Sequence[str] = (), may_lack_models: bool = True) -> Generated:
    """Run the generators of a schema that was read. Errors: UserFacingError, as `generate`."""
    if not (project.has_models or may_lack_models):
        raise UserFacingError(None, _NO_MODELS)
    with ExitStack() as stack:
        jobs = [_job(generator, stack) for generator in _chosen(project.generators, names)]
        providers = {job.provider for job in jobs}
        for job in jobs:
            job.attempt(job.introduce)
        for job in jobs:
            job.attempt(partial(job.prepare, project, providers))
        known = [job.generator for job in jobs if job.has_place(project)]
        for job in jobs:
            request = project.request(job.generator, known, may_lack_models=may_lack_models)
            job.attempt(partial(job.generate, request))
    results = tuple(job.result for job in jobs)
    return Generated(results, _taken_over(results))


def _chosen(generators: Sequence[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    unknown = [name for name in names if name not in {generator["name"] for generator in generators}]
    if unknown:
        these, do = ("generator", "does") if len(unknown) == 1 else ("generators", "do")
        raise UserFacingError(
            None,
            f"The {these} {', '.join(unknown)} specified via --generator {do} not exist in your Prisma schema",
        )
    return [generator for generator in generators if not names or generator["name"] in names]


def _job(generator: dict[str, Any], stack: ExitStack) -> _Job:
    """Start the generator; the stack ends it."""
    provider = provider_of(generator)
    runner: _Runner = _runner(provider)
    stack.callback(runner.close)
    return _Job(generator, provider, runner)


def _runner(provider: str) -> _Runner:
    if is_ours(provider):
        return _Client()
    return _NpmOnly(provider) if provider in NPM_ONLY else GeneratorProgram(provider)


def _as_client_python_wants(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request as Prisma 5.17 sends it: its version, and a URL for each datasource."""
    version = os.environ.get("PRISMA_EXPECTED_ENGINE_VERSION", CLIENT_PYTHON_ENGINES)
    return {
        **request,
        "version": version,
        "datasources": [{"url": _NO_URL, **source} for source in request["datasources"]],
    }


def _taken_over(results: Sequence[Result]) -> tuple[Path, ...]:
    """Let the commands be ours, once there is a client."""
    clients = [
        result.output for result in results if is_ours(result.provider) and result.error is None and result.output
    ]
    return tuple(take_over(*clients)) if clients else ()
